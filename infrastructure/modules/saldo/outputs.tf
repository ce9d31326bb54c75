output "resource_group" {
  description = "Where everything is."
  value       = azurerm_resource_group.this.name
}

output "host" {
  description = "The machine, for az vm run-command."
  value       = azurerm_linux_virtual_machine.host.name
}

output "host_address" {
  description = "Its address inside the network, for ssh."
  value       = azurerm_network_interface.host.private_ip_address
}

output "outward_address" {
  description = "The one address from which vendors are called."
  value       = azurerm_public_ip.outwards.ip_address
}

output "registry" {
  description = "Where images are pushed."
  value       = azurerm_container_registry.this.login_server
}

output "vault" {
  description = "Where keys are entered."
  value       = azurerm_key_vault.this.name
}

output "warehouse" {
  description = "The server's name in Power BI."
  value       = azurerm_postgresql_flexible_server.this.fqdn
}

output "lake_account" {
  description = "The storage account of the lake."
  value       = azurerm_storage_account.lake.name
}

output "lake_containers" {
  description = "Its containers, one for each vendor."
  value       = sort([for container in azurerm_storage_container.vendor : container.name])
}

output "identity" {
  description = "The client id of the services' identity, for managed_identity_client_id."
  value       = azurerm_user_assigned_identity.host.client_id
}

output "agents" {
  description = "The scale set of the pipeline's agents, for an agent pool in Azure DevOps."
  value       = azurerm_linux_virtual_machine_scale_set.agents.name
}

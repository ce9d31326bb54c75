output "resource_group" {
  description = "Where everything is."
  value       = module.saldo.resource_group
}

output "host" {
  description = "The machine, for az vm run-command."
  value       = module.saldo.host
}

output "host_address" {
  description = "Its address inside the network, for ssh."
  value       = module.saldo.host_address
}

output "outward_address" {
  description = "The one address from which vendors are called."
  value       = module.saldo.outward_address
}

output "registry" {
  description = "Where images are pushed."
  value       = module.saldo.registry
}

output "vault" {
  description = "Where keys are entered."
  value       = module.saldo.vault
}

output "warehouse" {
  description = "The server's name in Power BI."
  value       = module.saldo.warehouse
}

output "lake_account" {
  description = "The storage account of the lake."
  value       = module.saldo.lake_account
}

output "lake_containers" {
  description = "Its containers, one for each vendor."
  value       = module.saldo.lake_containers
}

output "identity" {
  description = "The client id of the services' identity, for managed_identity_client_id."
  value       = module.saldo.identity
}

output "agents" {
  description = "The scale set of the pipeline's agents, for an agent pool in Azure DevOps."
  value       = module.saldo.agents
}

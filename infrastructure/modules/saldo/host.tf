# One machine that runs docker-compose.yaml with deploy/azure_host/compose.yaml. It holds nothing that cannot be made again:
# the books are in Postgres, keys in the vault, files in the lake.

locals {
  settings = {
    SALDO_REGISTRY      = azurerm_container_registry.this.login_server
    SALDO_IMAGE         = "${azurerm_container_registry.this.login_server}/saldo"
    SALDO_VAULT         = azurerm_key_vault.this.name
    SALDO_POSTGRES_HOST = azurerm_postgresql_flexible_server.this.fqdn
    SALDO_ENVIRONMENT   = var.environment == "prod" ? "production" : "development"
    SALDO_LAKE_URL      = "abfs://azure_lake@/"
    SALDO_EXPORTS_URL   = "abfs://azure_lake@${azurerm_storage_container.exports.name}"
    SALDO_LAKE_ACCOUNT  = azurerm_storage_account.lake.name
    SALDO_WORKERS       = var.host.workers
    SALDO_WORKER_MEMORY = "${var.host.worker_memory_mb}m"
    AZURE_CLIENT_ID     = azurerm_user_assigned_identity.host.client_id
    AZURE_TENANT_ID     = data.azurerm_client_config.current.tenant_id
  }
}

resource "azurerm_network_interface" "host" {
  name                = "nic-${local.label}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  # No public address.
  ip_configuration {
    name                          = "inside"
    subnet_id                     = azurerm_subnet.host.id
    private_ip_address_allocation = "Dynamic"
  }
}

resource "azurerm_linux_virtual_machine" "host" {
  name                  = "vm-${local.label}"
  resource_group_name   = azurerm_resource_group.this.name
  location              = azurerm_resource_group.this.location
  size                  = var.host.size
  network_interface_ids = [azurerm_network_interface.host.id]
  tags                  = local.tags

  admin_username                  = "saldo"
  disable_password_authentication = true

  admin_ssh_key {
    username   = "saldo"
    public_key = var.ssh_public_key
  }

  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "Premium_LRS"
    disk_size_gb         = 64
  }

  source_image_reference {
    publisher = "Canonical"
    offer     = "ubuntu-24_04-lts"
    sku       = "server"
    version   = "latest"
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.host.id]
  }

  # Security updates by Azure; a restart in the middle of a night is made up for by the next run.
  patch_mode                                             = "AutomaticByPlatform"
  patch_assessment_mode                                  = "AutomaticByPlatform"
  bypass_platform_safety_checks_on_user_schedule_enabled = false
  secure_boot_enabled                                    = true
  vtpm_enabled                                           = true

  # Addresses and names, no secret. A change makes the machine anew.
  custom_data = base64encode(templatefile("${path.module}/host.yaml", {
    settings = local.settings
    deploy   = file("${path.module}/saldo-deploy.sh")
  }))

  boot_diagnostics {}

  depends_on = [
    azurerm_role_assignment.host_pulls_image,
    azurerm_role_assignment.host_reads_secrets,
    azurerm_subnet_nat_gateway_association.this,
  ]
}

# What the machine writes to its journal reaches Log Analytics; see monitoring.tf.
resource "azurerm_virtual_machine_extension" "monitor" {
  name                       = "AzureMonitorLinuxAgent"
  virtual_machine_id         = azurerm_linux_virtual_machine.host.id
  publisher                  = "Microsoft.Azure.Monitor"
  type                       = "AzureMonitorLinuxAgent"
  type_handler_version       = "1.33"
  auto_upgrade_minor_version = true
  automatic_upgrade_enabled  = true
  tags                       = local.tags

  settings = jsonencode({
    authentication = {
      managedIdentity = {
        "identifier-name"  = "mi_res_id"
        "identifier-value" = azurerm_user_assigned_identity.host.id
      }
    }
  })
}

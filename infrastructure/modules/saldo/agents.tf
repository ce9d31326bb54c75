# Machines on which the pipeline works inside the network: none while nothing is to be done. Azure DevOps counts them up
# and down (Project settings, Agent pools, saldo-<environment>), so their number and its marks are not Terraform's.

resource "azurerm_linux_virtual_machine_scale_set" "agents" {
  name                = "vmss-${local.label}-agents"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  sku                 = "Standard_D2as_v5"
  instances           = 0
  tags                = local.tags

  # What Azure DevOps asks of a scale set of agents.
  overprovision               = false
  single_placement_group      = false
  upgrade_mode                = "Manual"
  platform_fault_domain_count = 1

  admin_username                  = "saldo"
  disable_password_authentication = true
  secure_boot_enabled             = true
  vtpm_enabled                    = true

  admin_ssh_key {
    username   = "saldo"
    public_key = var.ssh_public_key
  }

  source_image_reference {
    publisher = "Canonical"
    offer     = "ubuntu-24_04-lts"
    sku       = "server"
    version   = "latest"
  }

  os_disk {
    caching              = "ReadOnly"
    storage_account_type = "StandardSSD_LRS"
    disk_size_gb         = 64
  }

  network_interface {
    name    = "inside"
    primary = true

    ip_configuration {
      name      = "inside"
      primary   = true
      subnet_id = azurerm_subnet.agents.id
    }
  }

  custom_data = base64encode(file("${path.module}/agents.yaml"))

  lifecycle {
    ignore_changes = [instances, tags, extension, automatic_instance_repair]
  }

  depends_on = [azurerm_subnet_nat_gateway_association.this]
}

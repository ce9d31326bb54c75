# Everything talks inside this network. Outwards it goes by one fixed address, for vendors that want to know it.

resource "azurerm_virtual_network" "this" {
  name                = "vnet-${local.label}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  address_space       = [var.address_space]
  tags                = local.tags
}

locals {
  # A quarter each: /26 of a /24.
  ranges = {
    host      = cidrsubnet(var.address_space, 2, 0)
    endpoints = cidrsubnet(var.address_space, 2, 1)
    warehouse = cidrsubnet(var.address_space, 2, 2)
    agents    = cidrsubnet(var.address_space, 2, 3)
  }
}

resource "azurerm_subnet" "host" {
  name                            = "host"
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = [local.ranges.host]
  default_outbound_access_enabled = false
}

# For the agents of the pipeline: vault and registry let in nobody from outside.
resource "azurerm_subnet" "agents" {
  name                            = "agents"
  resource_group_name             = azurerm_resource_group.this.name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = [local.ranges.agents]
  default_outbound_access_enabled = false
}

resource "azurerm_subnet" "endpoints" {
  name                              = "endpoints"
  resource_group_name               = azurerm_resource_group.this.name
  virtual_network_name              = azurerm_virtual_network.this.name
  address_prefixes                  = [local.ranges.endpoints]
  default_outbound_access_enabled   = false
  private_endpoint_network_policies = "Enabled"
}

resource "azurerm_subnet" "warehouse" {
  name                 = "warehouse"
  resource_group_name  = azurerm_resource_group.this.name
  virtual_network_name = azurerm_virtual_network.this.name
  address_prefixes     = [local.ranges.warehouse]
  # Backups of the server go to a storage account of Azure's own; log-ins by Entra are checked outside the network.
  service_endpoints = ["Microsoft.Storage"]

  delegation {
    name = "postgres"

    service_delegation {
      name    = "Microsoft.DBforPostgreSQL/flexibleServers"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }
}

resource "azurerm_public_ip" "outwards" {
  name                = "pip-${local.label}-outwards"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  allocation_method   = "Static"
  sku                 = "Standard"
  tags                = local.tags
}

resource "azurerm_nat_gateway" "this" {
  name                = "nat-${local.label}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  sku_name            = "Standard"
  tags                = local.tags
}

resource "azurerm_nat_gateway_public_ip_association" "this" {
  nat_gateway_id       = azurerm_nat_gateway.this.id
  public_ip_address_id = azurerm_public_ip.outwards.id
}

resource "azurerm_subnet_nat_gateway_association" "this" {
  for_each = {
    host   = azurerm_subnet.host.id
    agents = azurerm_subnet.agents.id
  }

  subnet_id      = each.value
  nat_gateway_id = azurerm_nat_gateway.this.id
}

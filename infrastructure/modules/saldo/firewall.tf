# Who may speak to whom inside. What Azure lets through by itself (everybody in the network) is closed last.

locals {
  # priority => who, to where, which ports. An empty list of sources makes no rule.
  inbound = {
    host = {
      operators = { priority = 200, from = var.operator_networks, ports = ["22"] }
    }
    endpoints = {
      services  = { priority = 200, from = [local.ranges.host, local.ranges.agents], ports = ["443"] }
      operators = { priority = 210, from = var.operator_networks, ports = ["443"] }
    }
    warehouse = {
      services = { priority = 200, from = [local.ranges.host], ports = ["5432", "6432"] }
      # Servers of one pair speak to each other.
      standby = { priority = 210, from = [local.ranges.warehouse], ports = ["5432", "6432"] }
      reports = { priority = 220, from = var.operator_networks, ports = ["5432"] }
    }
    agents = {}
  }
  subnets = {
    host      = azurerm_subnet.host.id
    endpoints = azurerm_subnet.endpoints.id
    warehouse = azurerm_subnet.warehouse.id
    agents    = azurerm_subnet.agents.id
  }
}

resource "azurerm_network_security_group" "this" {
  for_each = local.inbound

  name                = "nsg-${local.label}-${each.key}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags

  dynamic "security_rule" {
    for_each = { for name, rule in each.value : name => rule if length(rule.from) > 0 }

    content {
      name                       = security_rule.key
      priority                   = security_rule.value.priority
      direction                  = "Inbound"
      access                     = "Allow"
      protocol                   = "Tcp"
      source_address_prefixes    = security_rule.value.from
      source_port_range          = "*"
      destination_address_prefix = local.ranges[each.key]
      destination_port_ranges    = security_rule.value.ports
    }
  }

  security_rule {
    name                       = "nobody-else"
    priority                   = 4000
    direction                  = "Inbound"
    access                     = "Deny"
    protocol                   = "*"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
}

resource "azurerm_subnet_network_security_group_association" "this" {
  for_each = local.subnets

  subnet_id                 = each.value
  network_security_group_id = azurerm_network_security_group.this[each.key].id
}

# The image. Premium is the only kind that has private endpoints.

resource "azurerm_container_registry" "this" {
  name                = "cr${local.global}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  sku                 = "Premium"
  tags                = local.tags

  admin_enabled                 = false
  anonymous_pull_enabled        = false
  data_endpoint_enabled         = false
  public_network_access_enabled = length(var.bootstrap_addresses) > 0
  network_rule_bypass_option    = "None"
  retention_policy_in_days      = 30

  network_rule_set {
    default_action = "Deny"

    dynamic "ip_rule" {
      for_each = var.bootstrap_addresses

      content {
        action   = "Allow"
        ip_range = ip_rule.value
      }
    }
  }
}

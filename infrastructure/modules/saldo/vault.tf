# Secrets that Saldo makes for itself are written here once and kept nowhere else: not in the state, not in a plan.
# Vendors' keys are entered by operators (docs/azure.md), as airflow-connections-<id>, with the date they expire on.

resource "azurerm_key_vault" "this" {
  name                = "kv-${local.global}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tenant_id           = data.azurerm_client_config.current.tenant_id
  sku_name            = "standard"
  tags                = local.tags

  rbac_authorization_enabled    = true
  purge_protection_enabled      = true
  soft_delete_retention_days    = 90
  public_network_access_enabled = length(var.bootstrap_addresses) > 0

  network_acls {
    default_action = "Deny"
    bypass         = "None"
    ip_rules       = var.bootstrap_addresses
  }
}

locals {
  # Names as deploy/environment.py reads them from files, with - for _, which a vault does not take.
  secrets = toset([
    "postgres_password", "warehouse_password", "metadata_password", "broker_password", "admin_password",
    "fernet_key", "api_secret_key", "jwt_secret",
  ])
}

ephemeral "random_password" "secret" {
  for_each = local.secrets

  length  = each.value == "fernet_key" ? 32 : 40
  special = false
}

resource "azurerm_key_vault_secret" "saldo" {
  for_each = local.secrets

  name         = "saldo-${replace(each.value, "_", "-")}"
  key_vault_id = azurerm_key_vault.this.id
  content_type = "made by Terraform"
  tags         = local.tags
  # A Fernet key is 32 bytes in base64; of letters and digits there is neither + nor / in it.
  value_wo = (
    each.value == "fernet_key"
    ? base64encode(ephemeral.random_password.secret[each.value].result)
    : ephemeral.random_password.secret[each.value].result
  )
  value_wo_version = lookup(var.secret_versions, each.value, 1)

  depends_on = [
    azurerm_role_assignment.operators_write_secrets,
    azurerm_role_assignment.pipeline_writes_secrets,
    azurerm_private_endpoint.this,
  ]
}

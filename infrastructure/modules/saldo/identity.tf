# What the services are, and what they may: read secrets, pull the image, write the lake. Nothing else.

resource "azurerm_user_assigned_identity" "host" {
  name                = "id-${local.label}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  tags                = local.tags
}

# On the containers, not on the account: nobody makes or deletes a container at night.
resource "azurerm_role_assignment" "host_writes_lake" {
  for_each = azurerm_storage_container.vendor

  scope                = each.value.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_user_assigned_identity.host.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "host_writes_exports" {
  scope                = azurerm_storage_container.exports.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_user_assigned_identity.host.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "host_reads_secrets" {
  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.host.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "host_pulls_image" {
  scope                = azurerm_container_registry.this.id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_user_assigned_identity.host.principal_id
  principal_type       = "ServicePrincipal"
}

# Operators enter the vendors' keys, look at files of the lake, and push the first image.
resource "azurerm_role_assignment" "operators_push_images" {
  scope                = azurerm_container_registry.this.id
  role_definition_name = "AcrPush"
  principal_id         = var.operators.object_id
  principal_type       = "Group"
}

resource "azurerm_role_assignment" "operators_write_secrets" {
  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Secrets Officer"
  principal_id         = var.operators.object_id
  principal_type       = "Group"
}

resource "azurerm_role_assignment" "operators_read_lake" {
  for_each = azurerm_storage_container.vendor

  scope                = each.value.id
  role_definition_name = "Storage Blob Data Reader"
  principal_id         = var.operators.object_id
  principal_type       = "Group"
}

# The pipeline writes the generated secrets, and pushes images.
resource "azurerm_role_assignment" "pipeline_writes_secrets" {
  scope                = azurerm_key_vault.this.id
  role_definition_name = "Key Vault Secrets Officer"
  principal_id         = var.pipeline_object_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "pipeline_pushes_images" {
  scope                = azurerm_container_registry.this.id
  role_definition_name = "AcrPush"
  principal_id         = var.pipeline_object_id
  principal_type       = "ServicePrincipal"
}

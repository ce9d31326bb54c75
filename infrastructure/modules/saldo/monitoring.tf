# Logs of the machine, the server and the vault in one place, and who is told of what.
# What is wrong with a night Saldo itself writes in a mail (docs/alerts.md); here is what it cannot see, or not say any more.

resource "azurerm_log_analytics_workspace" "this" {
  name                         = "log-${local.label}"
  resource_group_name          = azurerm_resource_group.this.name
  location                     = azurerm_resource_group.this.location
  sku                          = "PerGB2018"
  retention_in_days            = var.log_days
  daily_quota_gb               = 1
  local_authentication_enabled = false
  tags                         = local.tags
}

resource "azurerm_monitor_data_collection_rule" "host" {
  name                = "dcr-${local.label}"
  resource_group_name = azurerm_resource_group.this.name
  location            = azurerm_resource_group.this.location
  kind                = "Linux"
  tags                = local.tags

  destinations {
    log_analytics {
      name                  = "workspace"
      workspace_resource_id = azurerm_log_analytics_workspace.this.id
    }
  }

  data_flow {
    streams      = ["Microsoft-Syslog", "Microsoft-Perf"]
    destinations = ["workspace"]
  }

  data_sources {
    syslog {
      name           = "saldo"
      facility_names = ["user"]
      log_levels     = ["Notice", "Warning", "Error", "Critical", "Alert", "Emergency"]
      streams        = ["Microsoft-Syslog"]
    }

    syslog {
      name           = "machine"
      facility_names = ["daemon", "kern", "syslog"]
      log_levels     = ["Error", "Critical", "Alert", "Emergency"]
      streams        = ["Microsoft-Syslog"]
    }

    performance_counter {
      name                          = "sizes"
      sampling_frequency_in_seconds = 300
      counter_specifiers = [
        "Memory(*)\\% Available Memory",
        "Logical Disk(*)\\% Free Space",
      ]
      streams = ["Microsoft-Perf"]
    }
  }
}

resource "azurerm_monitor_data_collection_rule_association" "host" {
  name                    = "dcra-${local.label}"
  target_resource_id      = azurerm_linux_virtual_machine.host.id
  data_collection_rule_id = azurerm_monitor_data_collection_rule.host.id
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  for_each = {
    vault     = { of = azurerm_key_vault.this.id, logs = ["AuditEvent"] }
    warehouse = { of = azurerm_postgresql_flexible_server.this.id, logs = ["PostgreSQLLogs"] }
    # Who read and who deleted files of the books.
    lake = { of = "${azurerm_storage_account.lake.id}/blobServices/default", logs = ["StorageRead", "StorageDelete"] }
  }

  name                       = "to-${azurerm_log_analytics_workspace.this.name}"
  target_resource_id         = each.value.of
  log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id

  dynamic "enabled_log" {
    for_each = each.value.logs

    content {
      category = enabled_log.value
    }
  }
}

resource "azurerm_monitor_action_group" "this" {
  name                = "ag-${local.label}"
  resource_group_name = azurerm_resource_group.this.name
  short_name          = substr(local.label, 0, 12)
  tags                = local.tags

  dynamic "email_receiver" {
    for_each = var.alert_addresses

    content {
      name                    = email_receiver.value
      email_address           = email_receiver.value
      use_common_alert_schema = true
    }
  }
}

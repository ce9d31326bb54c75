# What operators are told of by mail.

locals {
  # name => a measure of Postgres, and what is too much of it for a quarter of an hour.
  too_much = {
    cpu         = { metric = "cpu_percent", limit = 90, says = "The warehouse computes at its limit." }
    storage     = { metric = "storage_percent", limit = 85, says = "The warehouse's disk is nearly full; a full one only reads." }
    memory      = { metric = "memory_percent", limit = 95, says = "The warehouse is short of memory." }
    connections = { metric = "active_connections", limit = floor(var.postgres.max_connections * 0.8), says = "Connections of the warehouse run out." }
  }

  # name => a query whose rows are what is wrong, over how long it looks and how often.
  wrong = {
    # 143 is the end of one that was told to stop.
    containers = {
      says     = "A container of Saldo died or is unwell."
      severity = 2
      window   = "PT15M"
      every    = "PT15M"
      query    = <<-KQL
        Syslog
        | where ProcessName == "saldo-containers"
        | where SyslogMessage has "unhealthy" or SyslogMessage startswith "oom"
            or (SyslogMessage startswith "die" and not(SyslogMessage has_any ("exit=0", "exit=143")))
      KQL
    }
    nights = {
      says     = "The night of an agreement was not proven."
      severity = 2
      window   = "PT1H"
      every    = "PT1H"
      query    = <<-KQL
        Syslog
        | where ProcessName == "saldo-morning"
        | where SyslogMessage startswith "not proven" or SyslogMessage startswith "cannot look"
      KQL
    }
    # The one that still speaks when machine, journal or agent have died: rows that did not come.
    silence = {
      says     = "Nobody has looked at the nights for more than a day: the host or its agent is down."
      severity = 1
      window   = "P2D"
      every    = "PT1H"
      query    = <<-KQL
        Syslog
        | where ProcessName == "saldo-morning"
        | summarize last = max(TimeGenerated)
        | where isnull(last) or last < ago(25h)
      KQL
    }
    # Said by the host, which reads the dates of all secrets, and by the vault itself, 30 days before and on the day.
    expiry = {
      says     = "A key in the vault expires within 30 days, or has expired."
      severity = 2
      window   = "PT6H"
      every    = "PT6H"
      query    = <<-KQL
        union isfuzzy=true
          (Syslog | where ProcessName == "saldo-morning" and SyslogMessage startswith "expires"),
          (AzureDiagnostics | where ResourceType == "VAULTS"
            | where OperationName contains "SecretNearExpiry" or OperationName contains "SecretExpired")
      KQL
    }
    disk = {
      says     = "A disk of the host is nearly full."
      severity = 2
      window   = "PT1H"
      every    = "PT1H"
      query    = <<-KQL
        Perf
        | where CounterName == "% Free Space" and InstanceName !startswith "/snap"
        | summarize free = min(CounterValue) by InstanceName
        | where free < 15
      KQL
    }
  }
}

resource "azurerm_monitor_metric_alert" "warehouse" {
  for_each = local.too_much

  name                = "alert-${local.label}-warehouse-${each.key}"
  resource_group_name = azurerm_resource_group.this.name
  scopes              = [azurerm_postgresql_flexible_server.this.id]
  description         = each.value.says
  severity            = 2
  frequency           = "PT5M"
  window_size         = "PT15M"
  tags                = local.tags

  criteria {
    metric_namespace = "Microsoft.DBforPostgreSQL/flexibleServers"
    metric_name      = each.value.metric
    aggregation      = "Average"
    operator         = "GreaterThan"
    threshold        = each.value.limit
  }

  action {
    action_group_id = azurerm_monitor_action_group.this.id
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "this" {
  for_each = local.wrong

  name                 = "alert-${local.label}-${each.key}"
  resource_group_name  = azurerm_resource_group.this.name
  location             = azurerm_resource_group.this.location
  scopes               = [azurerm_log_analytics_workspace.this.id]
  description          = each.value.says
  severity             = each.value.severity
  window_duration      = each.value.window
  evaluation_frequency = each.value.every
  # One mail when it begins, one when it is over.
  auto_mitigation_enabled = true
  # Tables are there only when the first row has come.
  skip_query_validation = true
  tags                  = local.tags

  criteria {
    query                   = each.value.query
    time_aggregation_method = "Count"
    operator                = "GreaterThan"
    threshold               = 0
  }

  action {
    action_groups = [azurerm_monitor_action_group.this.id]
  }
}

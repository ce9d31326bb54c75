# Where the books are: a standby in another zone, backups in another region, and locks.

module "saldo" {
  source = "../../modules/saldo"

  name        = "saldo"
  environment = "prod"
  unique      = var.unique
  location    = "westeurope"
  tags        = { purpose = "production" }
  vendors     = ["economic", "xledger", "moneybird"]

  address_space       = "10.61.0.0/24"
  operators           = var.operators
  pipeline_object_id  = var.pipeline_object_id
  operator_networks   = var.operator_networks
  bootstrap_addresses = var.bootstrap_addresses
  ssh_public_key      = var.ssh_public_key
  alert_addresses     = var.alert_addresses

  host = {
    size             = "Standard_D4as_v5"
    workers          = 2
    worker_memory_mb = 2048
  }

  postgres = {
    sku              = "GP_Standard_D2ds_v5"
    storage_mb       = 131072
    backup_days      = 35
    is_geo_redundant = true
    standby          = "ZoneRedundant"
    max_connections  = 400
  }

  lake = {
    replication  = "GZRS"
    cool_days    = 30
    cold_days    = 180
    deleted_days = 90
  }

  log_days        = 90
  is_protected    = true
  secret_versions = {}
}

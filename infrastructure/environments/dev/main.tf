# For trying things out: one small machine, no standby, nothing kept for long. Keys of vendors are those of test companies.

module "saldo" {
  source = "../../modules/saldo"

  name        = "saldo"
  environment = "dev"
  unique      = var.unique
  location    = "westeurope"
  tags        = { purpose = "trying out" }
  vendors     = ["economic", "xledger", "moneybird"]

  address_space       = "10.60.0.0/24"
  operators           = var.operators
  pipeline_object_id  = var.pipeline_object_id
  operator_networks   = var.operator_networks
  bootstrap_addresses = var.bootstrap_addresses
  ssh_public_key      = var.ssh_public_key
  alert_addresses     = var.alert_addresses

  host = {
    size             = "Standard_D2as_v5"
    workers          = 1
    worker_memory_mb = 1536
  }

  postgres = {
    sku              = "B_Standard_B2s"
    storage_mb       = 32768
    backup_days      = 7
    is_geo_redundant = false
    standby          = "none"
    max_connections  = 200
  }

  lake = {
    replication  = "LRS"
    cool_days    = 30
    cold_days    = 90
    deleted_days = 7
  }

  log_days        = 30
  is_protected    = false
  secret_versions = {}
}

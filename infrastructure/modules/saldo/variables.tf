variable "name" {
  description = "What every resource is named for, with the environment behind it."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{3,8}$", var.name))
    error_message = "Three to eight small letters: names of storage accounts and vaults are short."
  }
}

variable "environment" {
  description = "dev or prod; also the second half of each container's name, and SALDO_ENVIRONMENT on the host."
  type        = string

  validation {
    condition     = contains(["dev", "prod"], var.environment)
    error_message = "The environment is dev or prod."
  }
}

variable "unique" {
  description = "A few letters or digits behind names that must be unique in all of Azure."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]{4,8}$", var.unique))
    error_message = "Four to eight small letters or digits."
  }
}

variable "location" {
  description = "The region of everything, such as westeurope or norwayeast."
  type        = string
}

variable "tags" {
  description = "On every resource, beside environment and project."
  type        = map(string)
}

variable "vendors" {
  description = "The accounting systems that have a container in the lake, <vendor>-<environment>."
  type        = set(string)
}

variable "address_space" {
  description = "The virtual network, a /24 at least. Two networks that are peered must not overlap."
  type        = string
}

variable "operators" {
  description = "The Entra group of those who run Saldo: they enter vendors' keys, read the lake and administer Postgres."
  type = object({
    object_id = string
    name      = string
  })
}

variable "pipeline_object_id" {
  description = "The service principal behind the pipeline's service connection: its object id, not its client id."
  type        = string
}

variable "operator_networks" {
  description = "Address ranges inside your own network from which operators and Power BI's gateway reach host, vault, lake and warehouse."
  type        = list(string)
}

variable "bootstrap_addresses" {
  description = "Public addresses from which vault and registry may be reached while there is no agent in the network yet. Empty: nobody."
  type        = list(string)
}

variable "ssh_public_key" {
  description = "The public half of the key with which operators log in on the host."
  type        = string
}

variable "alert_addresses" {
  description = "Mail addresses that alerts of Azure go to."
  type        = list(string)

  validation {
    condition     = length(var.alert_addresses) > 0
    error_message = "Somebody must be told."
  }
}

variable "host" {
  description = "The machine of the services: its size, the megabytes of a worker and how many workers."
  type = object({
    size             = string
    workers          = number
    worker_memory_mb = number
  })
}

variable "postgres" {
  description = "The server of the warehouse. standby: ZoneRedundant, SameZone, or none."
  type = object({
    sku              = string
    storage_mb       = number
    backup_days      = number
    is_geo_redundant = bool
    standby          = string
    max_connections  = number
  })
}

variable "lake" {
  description = "How the lake is kept: its replication, and days until files are cool, cold, and how long what was deleted is kept."
  type = object({
    replication  = string
    cool_days    = number
    cold_days    = number
    deleted_days = number
  })
}

variable "log_days" {
  description = "How long Log Analytics keeps rows, 30 to 730 days."
  type        = number
}

variable "is_protected" {
  description = "Whether warehouse, lake and vault have locks: nothing deletes them before the lock is taken away."
  type        = bool
}

variable "secret_versions" {
  description = "Raised by one, the secret is made anew with the next apply. Of fernet_key: stored connections cannot be read any more."
  type        = map(number)
}

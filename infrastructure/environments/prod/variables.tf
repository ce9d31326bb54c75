# What only you know; what an environment is like is in main.tf. Write the values into a file *.auto.tfvars, which is
# not in git, or give them as TF_VAR_<name>.

variable "subscription_id" {
  description = "The subscription everything is made in."
  type        = string
}

variable "unique" {
  description = "A few letters or digits of yours, behind names that must be unique in all of Azure."
  type        = string
}

variable "operators" {
  description = "The Entra group of those who run Saldo."
  type = object({
    object_id = string
    name      = string
  })
}

variable "pipeline_object_id" {
  description = "The service principal behind the pipeline's service connection: its object id."
  type        = string
}

variable "ssh_public_key" {
  description = "The public half of the operators' key for the host."
  type        = string
}

variable "alert_addresses" {
  description = "Mail addresses that alerts of Azure go to."
  type        = list(string)
}

variable "operator_networks" {
  description = "Address ranges in your own network from which operators and Power BI's gateway come."
  type        = list(string)
  default     = []
}

variable "bootstrap_addresses" {
  description = "For the first apply, from outside: your public address. Empty afterwards."
  type        = list(string)
  default     = []
}

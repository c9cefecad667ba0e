# Secrets as empty boxes: their values are put in by hand or by your own tool and stand in no state file.

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:The customer secret must never change (every customer would become a stranger); Snowflake keys are rotated with their second public key by hand.
  for_each = var.secrets

  name        = "${var.name}/${each.key}"
  description = each.value
  kms_key_id  = var.key_arn

  # Time to notice that the wrong one was deleted.
  recovery_window_in_days = 30
}

variables {
  name    = "retail-test"
  key_arn = "arn:aws:kms:eu-west-1:111122223333:key/test"
  secrets = { "customer-secret" = "Makes pseudonyms." }
}

run "a_deleted_secret_can_be_brought_back" {
  command = plan

  assert {
    condition     = aws_secretsmanager_secret.this["customer-secret"].recovery_window_in_days == 30
    error_message = "30 days to bring a secret back"
  }

  assert {
    condition     = aws_secretsmanager_secret.this["customer-secret"].kms_key_id == var.key_arn
    error_message = "secrets are encrypted with the key of the house"
  }
}

variables {
  name = "retail-test"
}

run "the_key_rotates_and_cannot_be_lost_in_a_hurry" {
  command = plan

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.deletion_window_in_days == 30
    error_message = "the key must rotate and wait 30 days before it is deleted"
  }
}

output "key_arn" {
  description = "The key. Whoever reads the lake needs kms:Decrypt on it."
  value       = aws_kms_key.this.arn
}

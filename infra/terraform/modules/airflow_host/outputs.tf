output "instance_id" {
  description = "For Session Manager: aws ssm start-session --target …"
  value       = aws_instance.this.id
}

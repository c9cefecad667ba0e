# Tells the pipe's queue of each exported file. A bucket has one notification resource: this one.

resource "aws_s3_bucket_notification" "export" {
  bucket = var.bucket

  queue {
    id            = "snowpipe"
    queue_arn     = var.pipe_queue_arn
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = var.export_prefix
    filter_suffix = ".parquet"
  }
}

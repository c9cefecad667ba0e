variables {
  bucket         = "retail-test-lake"
  export_prefix  = "export/sales_lines/"
  pipe_queue_arn = "arn:aws:sqs:eu-west-1:444455556666:sf-snowpipe-AIDATEST-abc"
}

run "the_notification_goes_to_the_queue_of_the_pipe" {
  command = plan

  assert {
    condition     = one(aws_s3_bucket_notification.export.queue).queue_arn == var.pipe_queue_arn
    error_message = "the notification must go to the pipe's queue"
  }

  assert {
    condition     = one(aws_s3_bucket_notification.export.queue).events == toset(["s3:ObjectCreated:*"])
    error_message = "a multipart upload is a creation too"
  }
}

run "only_exported_files_are_announced" {
  command = plan

  assert {
    condition = (
      one(aws_s3_bucket_notification.export.queue).filter_prefix == "export/sales_lines/" &&
      one(aws_s3_bucket_notification.export.queue).filter_suffix == ".parquet"
    )
    error_message = "the pipe must hear of exported parquet files and nothing else"
  }
}

run "the_pipe_never_hears_of_a_delta_table" {
  command = plan

  variables {
    export_prefix = "gold/fct_sales_lines/"
  }

  expect_failures = [var.export_prefix]
}

run "a_queue_of_ours_is_no_queue_of_a_pipe" {
  command = plan

  variables {
    pipe_queue_arn = "arn:aws:sqs:eu-west-1:111122223333:our-queue"
  }

  expect_failures = [var.pipe_queue_arn]
}

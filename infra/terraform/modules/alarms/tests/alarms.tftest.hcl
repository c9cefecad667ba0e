variables {
  name           = "retail-test"
  key_arn        = "arn:aws:kms:eu-west-1:111122223333:key/test"
  mail_addresses = ["duty@example.com"]
  monthly_budget = 1500
}

run "somebody_hears_every_alarm" {
  command = plan

  assert {
    condition     = aws_sns_topic_subscription.mail["duty@example.com"].protocol == "email"
    error_message = "the address must be subscribed"
  }
}

run "an_alarm_that_nobody_hears_is_refused" {
  command = plan

  variables {
    mail_addresses = []
  }

  expect_failures = [var.mail_addresses]
}

run "the_budget_counts_this_environment_only" {
  command = plan

  assert {
    condition     = one(aws_budgets_budget.this.cost_filter).values == tolist(["user:environment$retail-test"])
    error_message = "the budget must count what carries the environment's tag"
  }
}

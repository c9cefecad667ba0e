-- What the account may read of the bucket, and where a pipe reports a file that it skipped.
USE ROLE "{{ admin_role }}";

CREATE STORAGE INTEGRATION IF NOT EXISTS "{{ storage_integration }}"
TYPE = EXTERNAL_STAGE
STORAGE_PROVIDER = 'S3'
ENABLED = TRUE
STORAGE_AWS_ROLE_ARN = '{{ aws_role_arn }}'
STORAGE_ALLOWED_LOCATIONS = (
    '{{ lake_url }}gold/', '{{ lake_url }}ops/', '{{ lake_url }}silver/quarantine/', '{{ export_url }}'
)
COMMENT = 'Read access to the served folders of the lake; bronze and the rest of silver are not among them.';

CREATE NOTIFICATION INTEGRATION IF NOT EXISTS "{{ error_integration }}"
ENABLED = TRUE
TYPE = QUEUE
NOTIFICATION_PROVIDER = AWS_SNS
DIRECTION = OUTBOUND
AWS_SNS_TOPIC_ARN = '{{ sns_topic_arn }}'
AWS_SNS_ROLE_ARN = '{{ sns_role_arn }}'
COMMENT = 'Errors of pipes.';

GRANT USAGE ON INTEGRATION "{{ storage_integration }}" TO ROLE "{{ prefix }}_ENGINEER";
GRANT USAGE ON INTEGRATION "{{ error_integration }}" TO ROLE "{{ prefix }}_LOADER";

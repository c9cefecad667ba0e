#!/bin/sh
# Starts s3proxy in its container. The key goes through a file that the container's user alone can read: a command
# line can be read by everybody who sees the process.
set -eu
umask 077
: "${S3_ACCESS_KEY:?expected the key id that clients use}" "${S3_SECRET_KEY:?expected the secret key that clients use}"
# A bucket is a folder. The house makes none on a server that it does not own.
mkdir -p "/var/lib/s3/data/${S3_BUCKET:?expected the bucket of the lake}" /var/lib/s3/conf

cat > /var/lib/s3/conf/s3proxy.properties <<PROPERTIES
s3proxy.endpoint=http://0.0.0.0:19000
s3proxy.authorization=aws-v2-or-v4
s3proxy.identity=$S3_ACCESS_KEY
s3proxy.credential=$S3_SECRET_KEY
jclouds.provider=filesystem-nio2
jclouds.filesystem.basedir=/var/lib/s3/data
jclouds.identity=unused
jclouds.credential=unused
PROPERTIES

exec java -Xms64m -Xmx384m -XX:+ExitOnOutOfMemoryError \
    -Dlogback.configurationFile=/opt/retail/infra/local/s3_logback.xml \
    -cp '/opt/retail/.venv/share/retail/jars/s3proxy/*' \
    org.gaul.s3proxy.Main --properties /var/lib/s3/conf/s3proxy.properties

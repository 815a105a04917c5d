#!/usr/bin/env bash
# Sends one event through everything that is deployed: published, pushed, recorded, and delivered to a desktop that
# this script simulates. It needs the right to read the JWT secret and to publish.
#
#   deploy/gcloud/send-test-event.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_gcloud
need python3 'It simulates the desktop; gcloud needs it too.'
read_settings
conversation=projects/$GCP_PROJECT_ID/conversations/test-$(date -u +%Y%m%d%H%M%S)-$RANDOM
url=$(cloud run services describe "$CONNECTOR_SERVICE_NAME" "--region=$SERVICE_REGION" '--format=value(status.url)')
joined=$(mktemp)
trap 'rm -f "$joined"' EXIT

cloud secrets versions access latest "--secret=$JWT_SECRET_NAME" |
  python3 "$HERE/desktop.py" "$url" "$GCP_PROJECT_ID" "$conversation" "$joined" &
desktop=$!
say '  a desktop joins'
while [ ! -s "$joined" ]; do
  kill -0 "$desktop" 2>/dev/null || fail 'The desktop could not join; see above, and run doctor.sh.'
  sleep 0.2
done
cloud pubsub topics publish "$NEW_MESSAGE_NOTIFICATIONS_TOPIC_ID" \
  "--message={\"conversation\": \"$conversation\", \"type\": \"NEW_MESSAGE\"}" --format=none
say '  an event is published'
wait "$desktop" || fail 'The event did not arrive within a minute. doctor.sh looks for the reason.'
say '  the event has arrived'

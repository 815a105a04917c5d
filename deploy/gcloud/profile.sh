#!/usr/bin/env bash
# Binds a conversation profile to the topics, with the message format JSON: shows what has to be set, or sets it.
# Conversations that have begun keep the settings that they began with.
#
#   deploy/gcloud/profile.sh                       shows the JSON
#   deploy/gcloud/profile.sh PROFILE_ID --apply    sets it; PROFILE_ID as in the console, or the whole name
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

topic() {
  printf '{"topic": "projects/%s/topics/%s", "messageFormat": "JSON"}' "$GCP_PROJECT_ID" "$1"
}

# https://cloud.google.com/dialogflow/es/docs/reference/rest/v2/projects.conversationProfiles#ConversationProfile
settings() {
  cat <<JSON
{
  "notificationConfig": $(topic "$CONVERSATION_LIFECYCLE_NOTIFICATIONS_TOPIC_ID"),
  "newMessageEventNotificationConfig": $(topic "$NEW_MESSAGE_NOTIFICATIONS_TOPIC_ID"),
  "newRecognitionResultNotificationConfig": $(topic "$NEW_RECOGNITION_RESULT_NOTIFICATION_TOPIC_ID"),
  "humanAgentAssistantConfig": {
    "notificationConfig": $(topic "$AGENT_ASSIST_NOTIFICATIONS_TOPIC_ID")
  }
}
JSON
}

readonly MASK=notificationConfig,newMessageEventNotificationConfig,newRecognitionResultNotificationConfig,humanAgentAssistantConfig.notificationConfig

apply() {
  settings | dialogflow "$(profile_name "$1")?updateMask=$MASK" --request PATCH --header 'Content-Type: application/json' --data @-
}

profile=''
do_apply=false
for argument in "$@"; do
  case $argument in
    --apply) do_apply=true ;;
    -h | --help)
      sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    -*) fail "What is $argument? See --help." ;;
    *) profile=$argument ;;
  esac
done
read_settings >&2
if "$do_apply"; then
  [ -n "$profile" ] || fail 'Which profile? Give its id: it stands in the console, at Agent Assist, Conversation profiles.'
  need_gcloud
  need curl 'It calls Dialogflow.'
  apply "$profile"
else
  settings
fi

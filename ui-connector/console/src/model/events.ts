// What the connector sends: https://cloud.google.com/dialogflow/es/docs/reference/rest/v2/ConversationEvent.
// Every member may be missing, because proto3 leaves out defaults.

export const KINDS = [
  'human-agent-assistant-event',
  'new-message-event',
  'conversation-lifecycle-event',
  'new-recognition-result-notification-event',
] as const;
export type Kind = (typeof KINDS)[number];

/** The first argument of an event. */
export interface Payload {
  conversation_name: string;
  data: string;
  data_type: Kind;
  publish_time?: string;
  ack_time?: string;
  message_id?: string;
  participant_role?: string;
}

export interface Message {
  name?: string;
  content?: string;
  participantRole?: string;
  sentimentAnalysis?: { queryTextSentiment?: { score?: number; magnitude?: number } };
}

export interface ConversationEvent {
  conversation?: string;
  type?: string;
  newMessagePayload?: Message;
  newRecognitionResultPayload?: { transcript?: string; isFinal?: boolean };
  errorStatus?: { message?: string };
}

export interface AssistantEvent {
  suggestionResults?: Record<string, unknown>[];
}

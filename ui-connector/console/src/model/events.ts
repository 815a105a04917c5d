// The types of what the connector sends are those of the client library.
export { type ConversationEvent, type HumanAgentAssistantEvent, KINDS, type Kind, type Message, type Payload } from '../../../desktop-client/src/events';

/**
 * What the connector sends, and the events in it. Every member of Google's resources may be missing, because their
 * JSON leaves out defaults; unknown ones may come.
 * https://cloud.google.com/dialogflow/es/docs/reference/rest/v2/ConversationEvent
 * https://cloud.google.com/agent-assist/docs/event-based-suggestions
 */

/** The events of a conversation. */
export const KINDS = [
  'human-agent-assistant-event',
  'new-message-event',
  'conversation-lifecycle-event',
  'new-recognition-result-notification-event',
] as const;
export type Kind = (typeof KINDS)[number];

/** The first argument of each event. */
export interface Payload {
  /** `projects/P/conversations/C`, without a location. */
  conversation_name: string;
  /** The event as Dialogflow has published it: JSON. */
  data: string;
  data_type: Kind;
  /** When Pub/Sub and when the interceptor got it, RFC 3339. */
  publish_time?: string;
  ack_time?: string;
  message_id?: string;
  /** Of speech: whose it is. */
  participant_role?: Role;
}

export type Role = 'HUMAN_AGENT' | 'AUTOMATED_AGENT' | 'END_USER';

/** The data of each kind of event. */
export interface Events {
  'human-agent-assistant-event': HumanAgentAssistantEvent;
  'new-message-event': ConversationEvent;
  'conversation-lifecycle-event': ConversationEvent;
  'new-recognition-result-notification-event': ConversationEvent;
}

export interface Status {
  code?: number;
  message?: string;
  details?: unknown[];
}

export interface ConversationEvent {
  conversation?: string;
  type?:
    | 'TYPE_UNSPECIFIED'
    | 'CONVERSATION_STARTED'
    | 'CONVERSATION_FINISHED'
    | 'HUMAN_INTERVENTION_NEEDED'
    | 'NEW_MESSAGE'
    | 'NEW_RECOGNITION_RESULT'
    | 'UNRECOVERABLE_ERROR';
  errorStatus?: Status;
  newMessagePayload?: Message;
  newRecognitionResultPayload?: RecognitionResult;
}

export interface Message {
  name?: string;
  content?: string;
  languageCode?: string;
  participant?: string;
  participantRole?: Role;
  createTime?: string;
  sendTime?: string;
  messageAnnotation?: { containEntities?: boolean; parts?: AnnotatedPart[] };
  sentimentAnalysis?: { queryTextSentiment?: { score?: number; magnitude?: number } };
}

export interface AnnotatedPart {
  text?: string;
  entityType?: string;
  /** Any JSON. */
  formattedValue?: unknown;
}

export interface RecognitionResult {
  messageType?:
    | 'TRANSCRIPT'
    | 'DTMF_DIGITS'
    | 'END_OF_SINGLE_UTTERANCE'
    | 'PARTIAL_DTMF_DIGITS'
    | 'SPEECH_ACTIVITY_BEGIN'
    | 'SPEECH_ACTIVITY_END';
  transcript?: string;
  /** Until it is true, the transcript may still change. */
  isFinal?: boolean;
  confidence?: number;
  speechWordInfo?: { word?: string; startOffset?: string; endOffset?: string; confidence?: number }[];
  /** A duration such as `2.340s`. */
  speechEndOffset?: string;
  languageCode?: string;
  /** Of the v2beta1 API. */
  stability?: number;
  dtmfDigits?: { digits?: string };
}

export interface HumanAgentAssistantEvent {
  conversation?: string;
  participant?: string;
  suggestionResults?: SuggestionResult[];
}

/** One of its members is there. */
export interface SuggestionResult {
  error?: Status;
  suggestArticlesResponse?: Answers & { articleAnswers?: ArticleAnswer[] };
  suggestFaqAnswersResponse?: Answers & { faqAnswers?: FaqAnswer[] };
  suggestSmartRepliesResponse?: Answers & { smartReplyAnswers?: SmartReplyAnswer[] };
  suggestKnowledgeAssistResponse?: Answers & {
    knowledgeAssistAnswer?: KnowledgeAssistAnswer;
    additionalSuggestedQueryResults?: KnowledgeAssistAnswer[];
  };
  generateSuggestionsResponse?: { latestMessage?: string; generatorSuggestionAnswers?: GeneratorAnswer[] };
  generateCompanionSuggestionsResponse?: CompanionResponse;
  /** Of the v2beta1 API. */
  suggestDialogflowAssistsResponse?: Answers & { dialogflowAssistAnswers?: Record<string, unknown>[] };
  suggestEntityExtractionResponse?: Answers & { dialogflowAssistAnswers?: Record<string, unknown>[] };
}

interface Answers {
  latestMessage?: string;
  contextSize?: number;
}

export interface ArticleAnswer {
  title?: string;
  uri?: string;
  snippets?: string[];
  metadata?: Record<string, string>;
  confidence?: number;
  answerRecord?: string;
}

export interface FaqAnswer {
  question?: string;
  answer?: string;
  confidence?: number;
  source?: string;
  metadata?: Record<string, string>;
  answerRecord?: string;
}

export interface SmartReplyAnswer {
  reply?: string;
  confidence?: number;
  answerRecord?: string;
}

export interface Snippet {
  uri?: string;
  title?: string;
  text?: string;
  metadata?: Record<string, unknown>;
}

export interface KnowledgeAssistAnswer {
  suggestedQuery?: { queryText?: string };
  suggestedQueryAnswer?: {
    answerText?: string;
    faqSource?: { question?: string };
    generativeSource?: { snippets?: Snippet[] };
  };
  answerRecord?: string;
}

export interface GeneratorAnswer {
  sourceGenerator?: string;
  answerRecord?: string;
  generatorSuggestion?: {
    freeFormSuggestion?: { response?: string };
    summarySuggestion?: { summarySections?: { section?: string; summary?: string }[] };
    agentCoachingSuggestion?: AgentCoaching;
    toolCallInfo?: ToolCallInfo[];
  };
}

/** A tool that a generator has called, and what it has answered. */
export interface ToolCallInfo {
  toolCall?: Record<string, unknown>;
  toolCallResult?: Record<string, unknown>;
}

export interface Instruction {
  displayName?: string;
  displayDetails?: string;
  condition?: string;
  agentAction?: string;
  systemAction?: string;
  /** Such as `END_OF_UTTERANCE`. */
  triggeringEvent?: string;
}

/** Which instructions a suggestion comes from. */
interface Sourced {
  sources?: { instructionIndexes?: number[] };
  duplicateCheckResult?: Record<string, unknown>;
}

export interface AgentCoaching {
  applicableInstructions?: Instruction[];
  agentActionSuggestions?: (Sourced & { agentAction?: string })[];
  sampleResponses?: (Sourced & { responseText?: string })[];
}

export interface CompanionResponse {
  answerRecord?: string;
  latestMessage?: string;
  companionSuggestion?: { guidances?: Guidance[] };
}

export interface Guidance {
  explanation?: string;
  suggestedAction?: string;
  suggestedReply?: string;
  knowledgeSources?: { knowledgeArticleTitle?: string; knowledgeArticleUrl?: string; knowledgeSnippet?: string }[];
}

// Turns suggestions of every kind into cards.

import type {
  AgentCoaching,
  CompanionResponse,
  GeneratorAnswer,
  KnowledgeAssistAnswer,
  SuggestionResult,
} from './events';

export interface Card {
  title: string;
  heading?: string;
  paragraphs: string[];
  /** Texts that the agent may send as they are. */
  replies: string[];
  links: { title: string; uri: string }[];
  /** The answer record that takes feedback. */
  record?: string;
}

interface Parts {
  answerRecord?: string | undefined;
  heading?: string | undefined;
  paragraphs?: string[];
  replies?: string[];
  links?: Card['links'];
}

export const card = (
  title: string,
  { answerRecord, heading, paragraphs = [], replies = [], links = [] }: Parts,
): Card => ({
  title,
  paragraphs,
  replies,
  links,
  ...(heading ? { heading } : {}),
  ...(answerRecord ? { record: answerRecord } : {}),
});

/** Texts to show: none if it is missing or empty. */
export const text = (value?: string): string[] => (typeof value === 'string' && value ? [value] : []);

/** No other scheme: the address comes from outside, and a click would run `javascript:`. */
export const link = (uri = '', title = ''): Card['links'] =>
  /^https?:/.test(uri) ? [{ uri, title: title || uri }] : [];

function generated({ answerRecord, generatorSuggestion = {} }: GeneratorAnswer): Card {
  const { agentCoachingSuggestion, summarySuggestion, freeFormSuggestion } = generatorSuggestion;
  if (agentCoachingSuggestion) return coaching(agentCoachingSuggestion, answerRecord);
  if (summarySuggestion) {
    const sections = summarySuggestion.summarySections ?? [];
    return card('Summary', { answerRecord, paragraphs: sections.map((it) => `${it.section}: ${it.summary}`) });
  }
  return card('Generated', { answerRecord, paragraphs: text(freeFormSuggestion?.response) });
}

const coaching = (it: AgentCoaching, answerRecord?: string): Card =>
  card('Coaching', {
    answerRecord,
    heading: it.applicableInstructions?.[0]?.displayName,
    paragraphs: (it.agentActionSuggestions ?? []).flatMap(({ agentAction }) => text(agentAction)),
    replies: (it.sampleResponses ?? []).flatMap(({ responseText }) => text(responseText)),
  });

const companion = ({ answerRecord, companionSuggestion = {} }: CompanionResponse): Card[] =>
  (companionSuggestion.guidances ?? []).map((it) =>
    card('Guidance', {
      answerRecord,
      heading: it.suggestedAction,
      paragraphs: text(it.explanation),
      replies: text(it.suggestedReply),
      links: (it.knowledgeSources ?? []).flatMap((source) =>
        link(source.knowledgeArticleUrl, source.knowledgeArticleTitle),
      ),
    }),
  );

const knowledge = ({ answerRecord, suggestedQuery, suggestedQueryAnswer }: KnowledgeAssistAnswer): Card =>
  card('Knowledge', {
    answerRecord,
    heading: suggestedQuery?.queryText,
    paragraphs: text(suggestedQueryAnswer?.answerText),
    links: (suggestedQueryAnswer?.generativeSource?.snippets ?? []).flatMap(({ uri, title }) => link(uri, title)),
  });

/** The members of a result that have cards of their own. */
const BUILDERS: { [K in keyof SuggestionResult]?: (response: NonNullable<SuggestionResult[K]>) => Card[] } = {
  suggestArticlesResponse: ({ articleAnswers = [] }) =>
    articleAnswers.map(({ answerRecord, title, snippets = [], uri }) =>
      card('Article', { answerRecord, heading: title, paragraphs: snippets, links: link(uri, 'Open') }),
    ),
  suggestFaqAnswersResponse: ({ faqAnswers = [] }) =>
    faqAnswers.map(({ answerRecord, question, answer }) =>
      card('FAQ', { answerRecord, heading: question, paragraphs: text(answer) }),
    ),
  suggestSmartRepliesResponse: ({ smartReplyAnswers: answers = [] }) =>
    answers.length === 0
      ? []
      : [
          card('Replies', {
            answerRecord: answers[0]?.answerRecord,
            replies: answers.flatMap(({ reply }) => text(reply)),
          }),
        ],
  suggestKnowledgeAssistResponse: ({ knowledgeAssistAnswer, additionalSuggestedQueryResults = [] }) =>
    [...(knowledgeAssistAnswer ? [knowledgeAssistAnswer] : []), ...additionalSuggestedQueryResults].map(knowledge),
  generateSuggestionsResponse: ({ generatorSuggestionAnswers = [] }) => generatorSuggestionAnswers.map(generated),
  generateCompanionSuggestionsResponse: companion,
  error: ({ message }) => [card('Error', { paragraphs: text(message) })],
};

/** All cards of the results of one event. A kind without a card of its own is shown as JSON. */
export function cards(results: SuggestionResult[] = []): Card[] {
  return results.flatMap((result) =>
    Object.entries(result).flatMap(([kind, response]) => {
      const build = BUILDERS[kind as keyof SuggestionResult] as ((response: object) => Card[]) | undefined;
      return build?.(response ?? {}) ?? [card(kind, { paragraphs: [JSON.stringify(response)] })];
    }),
  );
}

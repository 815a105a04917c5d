// Turns suggestions of every kind into cards.

export interface Card {
  title: string;
  heading?: string;
  paragraphs: string[];
  /** Texts that the agent may send as they are. */
  replies: string[];
  links: { title: string; uri: string }[];
  /** Whom feedback is given to. */
  record?: string;
}

// The shape of suggestions is Google's, and every member may be missing.
type Loose = any;

const text = (value: unknown): string[] => (typeof value === 'string' && value ? [value] : []);

const card = (title: string, parts: Partial<Card> & { answerRecord?: string | undefined }): Card => {
  const { answerRecord, ...rest } = parts;
  return { title, paragraphs: [], replies: [], links: [], ...(answerRecord ? { record: answerRecord } : {}), ...rest };
};

const link = ({ uri, title }: Loose): Card['links'] => (/^https?:/.test(uri ?? '') ? [{ uri, title: title || uri }] : []);

function generated({ answerRecord, generatorSuggestion = {} }: Loose): Card {
  const { agentCoachingSuggestion: coaching, summarySuggestion: summary, freeFormSuggestion: free } = generatorSuggestion;
  if (coaching) {
    return card('Coaching', {
      answerRecord,
      heading: coaching.applicableInstructions?.[0]?.displayName,
      paragraphs: (coaching.agentActionSuggestions ?? []).flatMap((it: Loose) => text(it.agentAction)),
      replies: (coaching.sampleResponses ?? []).flatMap((it: Loose) => text(it.responseText)),
    });
  }
  if (summary) {
    const sections = (summary.summarySections ?? []).map((it: Loose) => `${it.section}: ${it.summary}`);
    return card('Summary', { answerRecord, paragraphs: sections });
  }
  return card('Generated', { answerRecord, paragraphs: text(free?.response) });
}

function companion({ answerRecord, companionSuggestion = {} }: Loose): Card[] {
  return (companionSuggestion.guidances ?? []).map((it: Loose) =>
    card('Guidance', {
      answerRecord,
      heading: it.suggestedAction,
      paragraphs: text(it.explanation),
      replies: text(it.suggestedReply),
      links: (it.knowledgeSources ?? []).flatMap((source: Loose) =>
        link({ uri: source.knowledgeArticleUrl, title: source.knowledgeArticleTitle }),
      ),
    }),
  );
}

function knowledge({ knowledgeAssistAnswer: answer, additionalSuggestedQueryResults: more = [] }: Loose): Card[] {
  return [answer, ...more].filter(Boolean).map((it: Loose) =>
    card('Knowledge', {
      answerRecord: it.answerRecord,
      heading: it.suggestedQuery?.queryText,
      paragraphs: text(it.suggestedQueryAnswer?.answerText),
      links: (it.suggestedQueryAnswer?.generativeSource?.snippets ?? []).flatMap(link),
    }),
  );
}

const BUILDERS: Record<string, (response: Loose) => Card[]> = {
  suggestArticlesResponse: ({ articleAnswers = [] }) =>
    articleAnswers.map((it: Loose) =>
      card('Article', { answerRecord: it.answerRecord, heading: it.title, paragraphs: it.snippets ?? [], links: link({ uri: it.uri, title: 'Open' }) }),
    ),
  suggestFaqAnswersResponse: ({ faqAnswers = [] }) =>
    faqAnswers.map((it: Loose) => card('FAQ', { answerRecord: it.answerRecord, heading: it.question, paragraphs: text(it.answer) })),
  suggestSmartRepliesResponse: ({ smartReplyAnswers = [] }) =>
    smartReplyAnswers.length
      ? [card('Replies', { answerRecord: smartReplyAnswers[0].answerRecord, replies: smartReplyAnswers.flatMap((it: Loose) => text(it.reply)) })]
      : [],
  suggestKnowledgeAssistResponse: knowledge,
  generateSuggestionsResponse: ({ generatorSuggestionAnswers = [] }) => generatorSuggestionAnswers.map(generated),
  generateCompanionSuggestionsResponse: companion,
  error: ({ message }) => [card('Error', { paragraphs: text(message) })],
};

/** All cards of the results of one event. What is not known is shown as it is. */
export function cards(results: object[] = []): Card[] {
  return results.flatMap((result) =>
    Object.entries(result).flatMap(
      ([kind, response]) => BUILDERS[kind]?.(response ?? {}) ?? [card(kind, { paragraphs: [JSON.stringify(response)] })],
    ),
  );
}

// Turns a suggestion of any kind into a card: [title, ...paragraphs].

const CARDS = {
  suggestArticlesResponse: ({ articleAnswers = [] }) =>
    articleAnswers.map(({ title, snippets = [] }) => ['Article', title, ...snippets]),
  suggestFaqAnswersResponse: ({ faqAnswers = [] }) =>
    faqAnswers.map(({ question, answer }) => ['FAQ', question, answer]),
  suggestSmartRepliesResponse: ({ smartReplyAnswers = [] }) =>
    [['Replies', ...smartReplyAnswers.map(({ reply }) => `“${reply}”`)]],
  suggestKnowledgeAssistResponse: ({ knowledgeAssistAnswer: answer }) =>
    answer ? [['Knowledge', answer.suggestedQuery?.queryText, answer.suggestedQueryAnswer?.answerText]] : [],
  generateSuggestionsResponse: ({ generatorSuggestionAnswers = [] }) =>
    generatorSuggestionAnswers.map(({ generatorSuggestion }) => generated(generatorSuggestion ?? {})),
  error: ({ message }) => [['Error', message]],
};

function generated({ agentCoachingSuggestion: coaching, summarySuggestion: summary, freeFormSuggestion: free }) {
  if (coaching) {
    const actions = (coaching.agentActionSuggestions ?? []).map(({ agentAction }) => agentAction);
    const samples = (coaching.sampleResponses ?? []).map(({ responseText }) => `“${responseText}”`);
    return ['Coaching', ...actions, ...samples];
  }
  if (summary) {
    return ['Summary', ...(summary.summarySections ?? []).map(({ section, summary }) => `${section}: ${summary}`)];
  }
  return ['Generated', free?.response];
}

/** All cards of one event. A kind that is not known shows its name and its content. */
export function cards({ suggestionResults = [] }) {
  return suggestionResults.flatMap((result) => Object.entries(result)).flatMap(([kind, response]) =>
    CARDS[kind]?.(response) ?? [[kind, JSON.stringify(response)]]);
}

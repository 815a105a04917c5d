import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cards } from '../src/model/cards';
import type { HumanAgentAssistantEvent, SuggestionResult } from '../src/model/events';

const only = (result: SuggestionResult) => {
  const found = cards([result]);
  expect(found).toHaveLength(1);
  return found[0];
};

test('an article has its snippets, a link and its answer record', () => {
  const answer = { title: 'Refunds', uri: 'https://a.example/r', snippets: ['Within 30 days.'], answerRecord: 'r/1' };
  expect(only({ suggestArticlesResponse: { articleAnswers: [answer] } })).toEqual({
    title: 'Article',
    heading: 'Refunds',
    paragraphs: ['Within 30 days.'],
    replies: [],
    links: [{ title: 'Open', uri: 'https://a.example/r' }],
    record: 'r/1',
  });
});

test('links lead to the web only', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is no template
  for (const uri of ['javascript:alert(1)', 'data:text/html,x', ' https://a.example', '${x}', undefined]) {
    const answer = { title: 'Refunds', ...(uri ? { uri } : {}) };
    expect(only({ suggestArticlesResponse: { articleAnswers: [answer] } })?.links).toEqual([]);
  }
});

test('smart replies are one card, whose record is the first one', () => {
  const answers = [{ reply: 'Hello', answerRecord: 'r/1' }, { reply: 'Hi', answerRecord: 'r/2' }, {}];
  const found = only({ suggestSmartRepliesResponse: { smartReplyAnswers: answers } });
  expect(found).toMatchObject({ title: 'Replies', replies: ['Hello', 'Hi'], record: 'r/1' });
  expect(cards([{ suggestSmartRepliesResponse: { latestMessage: 'm' } }])).toEqual([]);
});

test('knowledge has a card for each answer, with sources named by title or address', () => {
  const answer = {
    suggestedQuery: { queryText: 'How long?' },
    suggestedQueryAnswer: {
      answerText: '30 days',
      generativeSource: { snippets: [{ uri: 'https://a.example', title: 'Policy' }, { uri: 'http://b.example' }] },
    },
  };
  const additional = [{ suggestedQuery: { queryText: 'Where?' }, answerRecord: 'r/2' }];
  const result = { knowledgeAssistAnswer: answer, additionalSuggestedQueryResults: additional };
  const [first, second] = cards([{ suggestKnowledgeAssistResponse: result }]);
  expect(first).toMatchObject({ heading: 'How long?', paragraphs: ['30 days'] });
  expect(first?.links).toEqual([
    { uri: 'https://a.example', title: 'Policy' },
    { uri: 'http://b.example', title: 'http://b.example' },
  ]);
  expect(first).not.toHaveProperty('record');
  expect(second).toMatchObject({ heading: 'Where?', record: 'r/2', paragraphs: [], links: [] });
});

test('generators coach, summarize, and write freely', () => {
  const coaching = {
    applicableInstructions: [{ displayName: 'Apologize' }],
    agentActionSuggestions: [{ agentAction: 'Say sorry.' }],
    sampleResponses: [{ responseText: 'I am sorry.' }],
  };
  const summary = { summarySections: [{ section: 'Resolution', summary: 'refunded' }] };
  const generatorSuggestionAnswers = [
    { generatorSuggestion: { agentCoachingSuggestion: coaching } },
    { generatorSuggestion: { summarySuggestion: summary } },
    { generatorSuggestion: { freeFormSuggestion: { response: 'A text.' } } },
  ];
  expect(cards([{ generateSuggestionsResponse: { generatorSuggestionAnswers } }])).toMatchObject([
    { title: 'Coaching', heading: 'Apologize', paragraphs: ['Say sorry.'], replies: ['I am sorry.'] },
    { title: 'Summary', paragraphs: ['Resolution: refunded'] },
    { title: 'Generated', paragraphs: ['A text.'] },
  ]);
});

test('companions guide', () => {
  const guidance = {
    explanation: 'The charge is double.',
    suggestedAction: 'Refund one',
    suggestedReply: 'I refund it.',
    knowledgeSources: [{ knowledgeArticleTitle: 'Refunds', knowledgeArticleUrl: 'https://a.example' }],
  };
  const response = { answerRecord: 'r/1', companionSuggestion: { guidances: [guidance, {}] } };
  expect(cards([{ generateCompanionSuggestionsResponse: response }])).toMatchObject([
    {
      heading: 'Refund one',
      paragraphs: ['The charge is double.'],
      replies: ['I refund it.'],
      links: [{ title: 'Refunds' }],
      record: 'r/1',
    },
    { title: 'Guidance', paragraphs: [], replies: [], links: [] },
  ]);
});

test('an error is shown, and so is a kind without a card, as it came', () => {
  const later = { suggestSomethingNewResponse: { answers: [1] } } as SuggestionResult;
  expect(cards([{ error: { code: 8, message: 'quota exceeded' } }, later])).toMatchObject([
    { title: 'Error', paragraphs: ['quota exceeded'] },
    { title: 'suggestSomethingNewResponse', paragraphs: ['{"answers":[1]}'] },
  ]);
});

test('each suggestion of the fixtures has its kind of card', () => {
  const file = new URL('../../desktop-client/fixtures/events.json', import.meta.url);
  const fixtures: { event: HumanAgentAssistantEvent }[] = JSON.parse(readFileSync(file, 'utf8'));
  const results = fixtures.flatMap(({ event }) => event.suggestionResults ?? []);
  expect(cards(results).map(({ title }) => title)).toEqual([
    'Article',
    'FAQ',
    'Replies',
    'Knowledge',
    'Knowledge',
    'Generated',
    'Summary',
    'Coaching',
    'Guidance',
    'Error',
    'Replies',
    'suggestEntityExtractionResponse',
  ]);
});

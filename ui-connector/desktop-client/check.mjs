// Compiles the client, its tests, and each fixture as a value of the type that it must have: a member that the types do not know,
// or of another type, is an error.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const TYPES = { 'human-agent-assistant-event': 'HumanAgentAssistantEvent' };
const folder = mkdtempSync('check-');
try {
  const files = readdirSync('fixtures').filter((name) => name.endsWith('.json'));
  const values = files.flatMap((name) =>
    JSON.parse(readFileSync(`fixtures/${name}`, 'utf8')).map(
      ({ kind, event }) =>
        `export const _${Math.random().toString(36).slice(2)}: E.${TYPES[kind] ?? 'ConversationEvent'} = ${JSON.stringify(event)};`,
    ),
  );
  writeFileSync(`${folder}/fixtures.ts`, ["import type * as E from '../src/events';", ...values].join('\n'));
  const config = {
    extends: '../tsconfig.json',
    compilerOptions: { noEmit: true, rootDir: '..', skipLibCheck: true, types: ['node'] },
    files: ['fixtures.ts', '../src/index.ts'],
    include: ['../test'],
  };
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(config));
  execFileSync('npx', ['tsc', '--project', folder], { stdio: 'inherit' });
  console.log(`desktop-client: ${values.length} events fit the types`);
} finally {
  rmSync(folder, { recursive: true });
}

// Writes the licences of what is bundled to standard output: the dependencies of the console, and theirs.
import { readdirSync, readFileSync } from 'node:fs';

// socket.io-client needs these in Node.js only.
const NOT_BUNDLED = ['ws', 'xmlhttprequest-ssl'];
const MODULES = new URL('../node_modules/', import.meta.url);

const read = (file) => JSON.parse(readFileSync(file, 'utf8'));

const found = new Set();
const collect = ({ dependencies = {} }) => {
  for (const name of Object.keys(dependencies)) {
    if (found.has(name) || NOT_BUNDLED.includes(name)) continue;
    found.add(name);
    collect(read(new URL(`${name}/package.json`, MODULES)));
  }
};
collect(read(new URL('package.json', import.meta.url)));

console.log('# Third-party software in the console\n');
for (const name of [...found].sort()) {
  const folder = new URL(`${name}/`, MODULES);
  const { version, license } = read(new URL('package.json', folder));
  if (license !== 'MIT') throw new Error(`${name} is under ${license}, not MIT: look at it`);
  const file = readdirSync(folder).find((it) => /^licen[cs]e/i.test(it));
  if (!file) throw new Error(`${name} has no licence text`);
  console.log(`## ${name} ${version}\n\n~~~text\n${readFileSync(new URL(file, folder), 'utf8').trim()}\n~~~\n`);
}

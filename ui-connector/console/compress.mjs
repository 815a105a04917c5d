// Writes a compressed copy beside each file of the build: the server has nothing to compress then.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const files = readdirSync('dist', { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
let total = 0;
for (const { parentPath, path, name } of files) {
  if (name.endsWith('.gz')) continue;
  // Node.js before 18.20 has the older name.
  const file = `${parentPath ?? path}/${name}`;
  const packed = gzipSync(readFileSync(file), { level: 9 });
  writeFileSync(`${file}.gz`, packed);
  total += packed.length;
}
console.log(`console: ${total} bytes compressed`);

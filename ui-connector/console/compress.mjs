// Writes a compressed copy beside each file of the build: the server has nothing to compress then.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const files = readdirSync('dist', { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
let total = 0;
for (const { parentPath, name } of files) {
  if (name.endsWith('.gz')) continue;
  const packed = gzipSync(readFileSync(`${parentPath}/${name}`), { level: 9 });
  writeFileSync(`${parentPath}/${name}.gz`, packed);
  total += packed.length;
}
console.log(`console: ${total} bytes compressed`);

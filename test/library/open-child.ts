// Opens the library of a home, looks at the disk, and prints how many usable skills there are.
import { openAt } from './world.ts';

const opened = openAt(process.argv[2] ?? '');
await opened.library.sync();
process.stdout.write(String(opened.library.count().usable));
opened.close();

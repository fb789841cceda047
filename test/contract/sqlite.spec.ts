import { openForTest, temporaryFile } from './sqlite-file.ts';
import { describeStore } from './store-contract.ts';

describeStore('sqlite', () => openForTest(temporaryFile()));

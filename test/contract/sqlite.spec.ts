import { openForTest, temporaryFile } from '../support/store/sqlite-file.ts';
import { describeStore } from './store-contract.ts';

describeStore('sqlite', () => openForTest(temporaryFile()));

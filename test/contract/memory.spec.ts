import { openMemoryStore } from '../../src/store/memory.ts';
import { describeStore } from './store-contract.ts';

describeStore('memory', async () => openMemoryStore());

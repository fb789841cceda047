export declare const NODE_OPTIONS: readonly string[];
export declare function nodeOptions(): readonly string[];

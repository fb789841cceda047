export declare const BUNDLE: string;
export declare const MANIFEST: string;
export declare function freshBundle(folder?: string, root?: string): string | undefined;

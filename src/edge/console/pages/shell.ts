import { assetPath } from '../assets.ts';
import type { Html } from '../html.ts';
import { html } from '../html.ts';
import type { Page } from '../page-request.ts';
import { CREATE } from '../paths.ts';
import { HOME } from '../route.ts';

/** Returns the complete document of a page. */
export function shell({ title, body, isLoggedIn, isShownOnce = false }: Page): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title} · Sallyport</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" type="image/svg+xml" href="${assetPath('icon.svg')}">
<link rel="stylesheet" href="${assetPath('console.css')}">
<script type="module" src="${assetPath('console.js')}"></script>
</head>
<body${isShownOnce && html` data-reload="${HOME}"`}>
<a class="skip" href="#main">Skip to content</a>
<header>
<a class="brand" href="${HOME}">Sallyport</a>
${isLoggedIn && SESSION_MENU}
</header>
<main id="main" tabindex="-1">
<h1><bdi>${title}</bdi></h1>
${body}
</main>
</body>
</html>
`;
}

const SESSION_MENU = html`<nav aria-label="Main">
<a href="${HOME}">Tokens</a>
<a href="${CREATE}">Create a token</a>
</nav>
<form method="post" action="${HOME}/logout"><button class="quiet">Log out</button></form>`;

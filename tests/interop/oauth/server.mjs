// SPDX-License-Identifier: Apache-2.0
// OAuth 2.0 servers that nobody here wrote: oidc-provider, as many issuers as are asked for.
//
// Orders come on standard input, one JSON object a line, and each is answered by one line:
//   {"serve": {OPTIONS}}                       a new issuer on a port of its own: {"url"}
//   {"approve": USER_CODE, "at": URL, "as": ACCOUNT}   as if that person had approved the code
//   {"expire": USER_CODE, "at": URL}           the code's time is over, for the server alone
//   {"alive": TOKEN, "at": URL}                {"alive": is it an access or refresh token that lives?}
//   {"log": URL}                               {"log": what was asked, and how it was answered}
//   {"secrets": URL}                           {"secrets": [[KIND, VALUE]...], as they were issued}
// or by {"error"}. The end of the input ends the program.
//
// OPTIONS, each optional:
//   path        of the issuer: "/tenant"
//   issuer      what the issuer calls itself ({url} is where it is), if not what it is
//   host        of the endpoints, if not the issuer's own
//   routes      of the endpoints: {"token": "/a/token"}
//   doubled     true: endpoints like http://host//token, as of a base that ended in a slash
//   ttl         seconds: {"AccessToken", "RefreshToken", "DeviceCode"}
//   client      of the registered client: {"client_id", "grant_types"}
//   resource    true: a token for no OpenID scope is a JWT for some API, and good for nothing else
//   configure   more of oidc-provider's own configuration
//   certificate, key   files: then it speaks TLS
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import readline from 'node:readline';
import { pathToFileURL } from 'node:url';

const library = path.join(process.env.LOOM_NODE_MODULES, 'oidc-provider', 'lib', 'index.js');
const { default: Provider } = await import(pathToFileURL(library));

const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';
const SECRETS = ['access_token', 'refresh_token', 'id_token', 'device_code', 'user_code'];
// The library's pages want fonts from elsewhere. Nothing of this talks to anybody but the browser.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

const issuers = new Map(); // by URL

const api = {
  enabled: true,
  defaultResource: () => 'https://api.example.com',
  getResourceServerInfo: () => ({
    scope: 'read', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } },
  }),
};

function configuration({
  ttl = {}, client = {}, routes = {}, resource = false, configure = {},
}) {
  return {
    clients: [{
      client_id: 'loom-cli',
      token_endpoint_auth_method: 'none',
      grant_types: [DEVICE_CODE, 'refresh_token'],
      response_types: [],
      redirect_uris: [],
      ...client,
    }],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email'] },
    features: {
      deviceFlow: { enabled: true },
      revocation: { enabled: true },
      userinfo: { enabled: true },
      resourceIndicators: resource ? api : { enabled: false },
    },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        name: `${id[0].toUpperCase()}${id.slice(1)} Lovelace`,
        preferred_username: id,
        email: `${id}@example.com`,
      }),
    }),
    rotateRefreshToken: true,
    clockTolerance: 0, // of 15 s, for which a dead token would live on
    cookies: { keys: ['for the tests alone'] },
    routes,
    ...configure,
    ttl: { AccessToken: 3600, RefreshToken: 86400, DeviceCode: 600, ...ttl },
  };
}

// What was asked, what was given out, and no page from elsewhere.
function watch(issuer, isDoubled) {
  return async (ctx, next) => {
    await next();
    if (isDoubled && ctx.oidc?.route === 'discovery') {
      Object.entries(ctx.body).filter(([name, url]) => url && name.endsWith('_endpoint'))
        .forEach(([name, url]) => { ctx.body[name] = url.replace(/([^:/])\//, '$1//'); });
    }
    ctx.set('Content-Security-Policy', POLICY);
    const body = ctx.body ?? {};
    SECRETS.filter((kind) => typeof body[kind] === 'string')
      .forEach((kind) => issuer.secrets.push([kind, body[kind]]));
    issuer.log.push({
      call: `${ctx.method} ${ctx.req.asked}`,
      grant: ctx.oidc?.params?.grant_type?.split(':').at(-1),
      hint: ctx.oidc?.params?.token_type_hint,
      scope: ctx.oidc?.params?.scope,
      status: ctx.status,
      error: body.error,
    });
  };
}

// The library sits below a path as it would below express: it is told what was cut off.
function handler(issuer, where, host) {
  return (request, response) => {
    const found = request.url.startsWith(`${where}/`);
    if (!found || !issuer.answer) {
      issuer.log.push({ call: `${request.method} ${request.url}`, status: 404 });
      response.writeHead(404).end();
      return;
    }
    [request.asked] = request.url.split('?');
    request.url = request.url.replace(/^\/\//, '/');
    request.originalUrl = request.url;
    request.url = request.url.slice(where.length);
    // The library takes the endpoints' host from here.
    if (host) request.headers.host = request.headers.host.replace(/^[^:]*/, host);
    issuer.answer(request, response);
  };
}

async function serve(options) {
  const where = options.path ?? '';
  const issuer = { log: [], secrets: [] };
  const answer = handler(issuer, where, options.host);
  const server = options.certificate
    ? https.createServer({
      cert: fs.readFileSync(options.certificate), key: fs.readFileSync(options.key),
    }, answer)
    : http.createServer(answer);
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const scheme = options.certificate ? 'https' : 'http';
  const url = `${scheme}://localhost:${server.address().port}${where}`;
  const name = (options.issuer ?? '{url}').replace('{url}', url);
  issuer.provider = new Provider(name, configuration(options));
  issuer.provider.use(watch(issuer, options.doubled));
  issuer.answer = issuer.provider.callback();
  issuers.set(url, issuer);
  return { url };
}

async function findCode({ provider }, userCode) {
  const code = await provider.DeviceCode.findByUserCode(userCode.replace(/\W/g, ''));
  if (!code) throw new Error('there is no such code');
  return code;
}

// What the library's pages do in the end.
async function approve(issuer, userCode, accountId) {
  const { provider } = issuer;
  const code = await findCode(issuer, userCode);
  const { clientId, params: { scope = '', resource } } = code;
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope(scope);
  if (resource) grant.addResourceScope(resource, scope);
  Object.assign(code, {
    accountId, scope, resource, authTime: Math.floor(Date.now() / 1000), grantId: await grant.save(),
  });
  await code.save();
  return {};
}

async function expire(issuer, userCode) {
  const code = await findCode(issuer, userCode);
  code.exp = Math.floor(Date.now() / 1000) - 1;
  await code.save();
  return {};
}

async function isAlive({ provider }, token) {
  const [access, refresh] = await Promise.all(
    [provider.AccessToken.find(token), provider.RefreshToken.find(token)],
  );
  return { alive: Boolean(access || (refresh && !refresh.consumed)) };
}

async function obey(order) {
  const issuer = issuers.get(order.at ?? order.log ?? order.secrets);
  if (order.serve) return serve(order.serve);
  if (order.approve) return approve(issuer, order.approve, order.as);
  if (order.expire) return expire(issuer, order.expire);
  if (order.alive) return isAlive(issuer, order.alive);
  return { log: issuer.log, secrets: issuer.secrets };
}

console.info = () => {}; // standard output is for answers
console.log(JSON.stringify({ version: process.version }));
for await (const line of readline.createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = await obey(JSON.parse(line));
  } catch (error) {
    answer = { error: String(error.stack) };
  }
  console.log(JSON.stringify(answer));
}
process.exit(0);

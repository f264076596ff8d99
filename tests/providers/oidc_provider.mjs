// npm's oidc-provider on a free port of the loopback: `node oidc_provider.mjs FOLDER`, where FOLDER holds node_modules.
//
// It announces its issuer by a line of JSON. Each line of JSON that it is sent changes what it is from then on, and is
// answered by a line; it ends with its input, and so with whoever started it. Nobody types a password here: whoever comes
// is the person of `account`.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

console.info = console.error; // its notices are no answers

const { default: Provider } = await import(pathToFileURL(`${process.argv[2]}/node_modules/oidc-provider/lib/index.js`));
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'HS256'];
const PERSONAL = ['name', 'given_name', 'family_name', 'groups', 'realm_access'];
const state = { client: {}, account: { sub: 'nobody', claims: {} }, in_id_token: false, keys: keys() };
let answer;

function keys() {
  const pairs = [generateKeyPairSync('rsa', { modulusLength: 2048 }), generateKeyPairSync('ec', { namedCurve: 'P-256' })];
  return pairs.map(({ privateKey }) => ({ ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig' }));
}

// What it remembers outlives a change of what it is, as a database would.
const stored = new Map();

class Memory {
  constructor(model) {
    this.model = model;
  }

  async upsert(id, payload) {
    stored.set(`${this.model}:${id}`, payload);
  }

  async find(id) {
    return stored.get(`${this.model}:${id}`);
  }

  async findByUid(uid) {
    return [...stored].find(([key, payload]) => key.startsWith(`${this.model}:`) && payload.uid === uid)?.[1];
  }

  async consume(id) {
    stored.get(`${this.model}:${id}`).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    stored.delete(`${this.model}:${id}`);
  }

  async revokeByGrantId(id) {
    for (const [key, payload] of stored) if (payload.grantId === id) stored.delete(key);
  }
}

async function grant(ctx) {
  const given = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
  given.addOIDCScope('openid email profile');
  await given.save();
  return given;
}

function provider(issuer) {
  return new Provider(issuer, {
    adapter: Memory,
    clients: [
      {
        client_id: 'frontdesk',
        redirect_uris: ['http://127.0.0.1:8000/oidc/callback'],
        post_logout_redirect_uris: ['http://127.0.0.1:8000/signed-out'],
        ...state.client,
      },
    ],
    jwks: { keys: state.keys },
    cookies: { keys: ['nothing real is behind it'] },
    claims: { email: ['email', 'email_verified'], profile: PERSONAL },
    conformIdTokenClaims: !state.in_id_token,
    enabledJWA: { idTokenSigningAlgValues: ALGORITHMS, userinfoSigningAlgValues: ALGORITHMS },
    features: { devInteractions: { enabled: false }, jwtUserinfo: { enabled: true }, backchannelLogout: { enabled: true } },
    findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub, ...state.account.claims }) }),
    loadExistingGrant: grant,
    interactions: { url: (ctx, interaction) => `/person/${interaction.uid}` },
    // it refuses to call the loopback, where the tests are
    fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
    ttl: { Session: 3600, Grant: 3600, AccessToken: 600, IdToken: 600, Interaction: 600 },
  });
}

function renew() {
  const one = provider(`http://127.0.0.1:${server.address().port}`);
  const callback = one.callback();
  const person = async (request, response) =>
    one.interactionFinished(request, response, { login: { accountId: state.account.sub } });
  answer = (request, response) => (request.url.startsWith('/person/') ? person : callback)(request, response);
}

const server = createServer((request, response) => answer(request, response));
server.listen(0, '127.0.0.1', () => {
  renew();
  console.log(JSON.stringify({ issuer: `http://127.0.0.1:${server.address().port}` }));
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const { rotate, ...changes } = JSON.parse(line);
      Object.assign(state, changes, rotate ? { keys: keys() } : {});
      renew();
      console.log('{}');
    })
    .on('close', () => process.exit());
});

// A real OpenID Connect provider for run.sh: people log in by code and by device, and a pipeline
// gets a token of its own. Keys are made anew in each run. Prints its issuer when it is ready.
//
//   node provider.js FOLDER      with cert.pem and key.pem in it
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import Provider from 'oidc-provider';

const folder = process.argv[2];
const tls = {
  cert: readFileSync(`${folder}/cert.pem`),
  key: readFileSync(`${folder}/key.pem`),
};

function signingKey(kid, type, options) {
  const { privateKey } = generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig' };
}

// What each person is; the provider takes any password.
const roles = { mia: 'security', ann: 'auditor' };

const configuration = {
  jwks: {
    keys: [
      signingKey('rsa', 'rsa', { modulusLength: 2048 }),
      signingKey('ec', 'ec', { namedCurve: 'P-256' }),
    ],
  },
  cookies: { keys: [randomBytes(16).toString('hex')] },
  clients: [
    {
      client_id: 'leasehold-cli',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types: ['code'],
    },
    {
      client_id: 'ci-pipeline',
      client_secret: process.env.CI_SECRET,
      redirect_uris: [],
      grant_types: ['client_credentials'],
      response_types: [],
    },
  ],
  claims: { openid: ['sub', 'leasehold_role'] },
  conformIdTokenClaims: false,
  findAccount: (context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, leasehold_role: roles[id] }),
  }),
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo: () => ({
        scope: '',
        audience: 'leasehold',
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
};

const server = createServer(tls);
server.listen(0, '127.0.0.1', () => {
  const issuer = `https://127.0.0.1:${server.address().port}`;
  server.on('request', new Provider(issuer, configuration).callback());
  console.log(`issuer ${issuer}`);
});

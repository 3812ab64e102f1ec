// node page.mjs CHECK: one check of the page's scripts, in a browser of which only what they touch is there. It ends with 0 if it holds.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import vm from 'node:vm';

const base64 = object => Buffer.from(JSON.stringify(object)).toString('base64url');
const token_of = claims => 'x.' + base64(claims) + '.y';
const now_s = () => 1_800_000_000;  // it goes on only where a check says so
const turns = async () => { for (let i = 0; i < 20; ++i) await new Promise(setImmediate); };

class Element extends EventTarget {
    constructor(name) {
        super();
        Object.assign(this, {name, children: [], attributes: {}, textContent: ''});
    }
    setAttribute(name, value) { this.attributes[name] = value; }
    append(...parts) { this.children.push(...parts); }
    prepend(...parts) { this.children.unshift(...parts); for (const part of parts) part.parent = this; }
    remove() { if (this.parent) this.parent.children = this.parent.children.filter(child => child !== this); }
    /// All that people can read in it.
    get text() { return [this.textContent, ...this.children.map(child => child.text ?? child)].join(' '); }
    find(wanted) { return this.children.flatMap(child => [child, ...(child.children ? child.find(wanted) : [])]).filter(wanted); }
}

/// A page of these scripts, at the time `now_ms`. What it did is in `cookies`, `timers` and `fetched`; fetch is given `answers`, in turn.
function page({hash = '', url = '', cookie = '', answers = [], scripts = ['access']}) {
    const main = new Element('main'), ids = {}, events = new EventTarget;
    const all = {now_ms: 1000 * now_s(), cookies: [], timers: [], fetched: [], main, ids};
    const document = Object.assign(new EventTarget, {
        hidden: false, createElement: name => new Element(name), querySelector: () => main, getElementById: id => ids[id] ??= new Element(id),
    });
    Object.defineProperty(document, 'cookie', {get: () => cookie, set: text => { all.cookies.push(text); cookie = text.split(';')[0]; }});
    const context = vm.createContext({
        document, EventTarget, Event, CustomEvent, URLSearchParams, atob, escape, console, Blob, setInterval() {}, Date: {now: () => all.now_ms},
        location: {hash, pathname: '/', search: '', protocol: 'https:'}, history: {replaceState() {}},
        setTimeout: (then, ms) => all.timers.push({then, ms}), clearTimeout: n => { if (n) delete all.timers[n - 1]; },
        addEventListener: events.addEventListener.bind(events), dispatchEvent: events.dispatchEvent.bind(events),
        fetch: async where => {
            all.fetched.push(where);
            await turns();
            const {status, text} = answers.shift() || {status: 500, text: ''};
            return {ok: status === 200, status, text: async () => text};
        },
    });
    context.window = context;
    const source = name => readFileSync(new URL(`../../lib/web/${name}.js`, import.meta.url), 'utf8');
    const text = scripts.map(source).join('\n').replace('{tokens}', url).replace('{edges}', '');
    vm.runInContext(text + '\n;this.access = access;', context);
    return Object.assign(all, {context, document, events, access: context.access, run: code => vm.runInContext(code, context)});
}
const forms = page => page.main.find(part => part.name === 'form');
const left = page => page.timers.filter(Boolean);
const operator = 'https://op.example/token';

const checks = {
    /// What a link says is written into a cookie: it is a token's characters, or it is not taken.
    no_attribute_of_a_link() {
        const good = token_of({exp: now_s() + 600, jti: 'ada'});
        for (const more of ['; Domain=example.com; Path=/x', ';', ' ', '\n', '\u1234', '.y', '=', '"', ',', 'a'.repeat(5000)]) {
            const {cookies, access} = page({hash: '#token=' + encodeURIComponent(good + more)});
            if (more.trim()) assert.deepEqual([cookies, access.shown.token], [[], ''], JSON.stringify(more));
        }
        const {cookies, access} = page({hash: '#token=' + good});
        assert.equal(access.shown.token, good);
        assert.match(cookies[0], /^URISigningPackage=[\w.-]+; Path=\/; SameSite=Strict; Max-Age=600; Secure$/);
        for (const text of ['', 'x', 'x.y', 'x..y', 'x.e30', '.e30.y', 'x.bm8.y']) assert.equal(page({}).access.take(text), false, text);
    },
    /// Whoever follows a link does not give a year of plays to it.
    a_link_holds_for_a_day() {
        const {cookies} = page({hash: '#token=' + token_of({exp: 9999999999})});
        assert.match(cookies[0], /; Max-Age=86400;/);
        const typed = page({});
        assert.ok(typed.access.take(token_of({exp: now_s() + 1e6})));
        assert.match(typed.cookies[0], /; Max-Age=1000000;/);
        assert.ok(typed.access.take('  ' + token_of({exp: now_s() + 600}) + '\n'));
        assert.match(typed.cookies[1], /^URISigningPackage=x\.[\w-]+\.y; .*; Max-Age=600;/);
    },
    /// A link does not make somebody else of a listener who has a valid token, unless they want it.
    a_link_asks_first() {
        const mine = token_of({exp: now_s() + 600, jti: 'ada'}), other = token_of({exp: now_s() + 600, jti: 'mallory'});
        const asks = page({hash: '#token=' + other, cookie: 'a=b; URISigningPackage=' + mine});
        assert.deepEqual([asks.access.shown.id, asks.cookies], ['ada', []]);
        assert.equal(forms(asks).length, 1);
        assert.match(forms(asks)[0].text, /another access token/);
        forms(asks)[0].onsubmit({preventDefault() {}});
        assert.deepEqual([asks.access.shown.id, asks.cookies.length, forms(asks).length], ['mallory', 1, 0]);
        const keeps = page({hash: '#token=' + other, cookie: 'URISigningPackage=' + mine});
        forms(keeps)[0].find(part => part.type === 'button')[0].onclick();
        assert.deepEqual([keeps.access.shown.id, keeps.cookies, forms(keeps).length], ['ada', [], 0]);
        const same = page({hash: '#token=' + mine, cookie: 'URISigningPackage=' + mine});
        assert.deepEqual([same.access.shown.id, forms(same).length], ['ada', 0]);
        const old = page({hash: '#token=' + other, cookie: 'URISigningPackage=' + token_of({exp: now_s() - 1, jti: 'ada'})});
        assert.deepEqual([old.access.shown.id, forms(old).length], ['mallory', 0]);
    },
    /// The operator's own cookies tell who listens: a link does not.
    async the_operator_wins() {
        const mine = token_of({exp: now_s() + 600, jti: 'ada'}), other = token_of({exp: 9999999999, jti: 'mallory'});
        const both = page({hash: '#token=' + other, url: operator, answers: [{status: 200, text: mine}]});
        assert.deepEqual([both.fetched, both.cookies], [[operator], []]);
        await turns(), await turns();
        assert.equal(both.access.shown.id, 'ada');
        assert.ok(left(both).length === 1 && left(both)[0].ms <= 480_000, JSON.stringify(left(both)));
    },
    /// 401 after a night with the lid closed: a new token, once for all who ask, and the request again; nobody is asked for a JWT.
    async a_refused_token_is_renewed() {
        const old = token_of({exp: now_s() + 600, jti: 'old'}), next = token_of({exp: now_s() + 600, jti: 'new'});
        const shop = page({url: operator, scripts: ['access', 'parts'], answers: [
            {status: 200, text: old}, {status: 401}, {status: 401}, {status: 200, text: next}, {status: 200, text: 'a'}, {status: 200, text: 'b'}]});
        await turns(), await turns();
        assert.equal(shop.access.shown.id, 'old');
        shop.run('this.got = Promise.all([ask("/a"), ask("/b")])');
        await shop.context.got;
        assert.deepEqual(shop.fetched, [operator, '/a', '/b', operator, '/a', '/b']);
        assert.deepEqual([shop.access.shown.id, forms(shop).length], ['new', 0]);
    },
    /// If the operator has none, or none that is taken, people read why; they have nothing to type in.
    async a_refused_renewal_ends() {
        for (const answers of [[{status: 403}], [{status: 200, text: token_of({exp: now_s() + 600})}, {status: 401}]]) {
            const shop = page({url: operator, scripts: ['access', 'parts'], answers: [
                {status: 200, text: token_of({exp: now_s() + 600, jti: 'old'})}, {status: 401}, ...answers]});
            await turns(), await turns();
            shop.run('this.got = ask("/a").then(() => "taken", error => error.message)');
            assert.equal(await shop.context.got, 'The access token is not valid, or no longer.');
            assert.deepEqual([shop.fetched.length, forms(shop).length], [answers.length + 2, 0]);
        }
        const alone = page({scripts: ['access', 'parts'], cookie: 'URISigningPackage=' + token_of({}), answers: [{status: 401}]});
        alone.run('this.got = ask("/a").catch(error => error.message)');
        assert.equal(await alone.context.got, 'The access token is not valid, or no longer.');
        assert.deepEqual([alone.fetched, forms(alone).length], [['/a'], 1]);
    },
    /// Timers do not run while a computer sleeps. A token without an end is not asked for all the time.
    async renewal_does_not_trust_timers() {
        const shop = page({url: operator, answers: [{status: 200, text: token_of({})}, {status: 200, text: token_of({exp: now_s() + 600})}]});
        await turns(), await turns();
        assert.deepEqual(left(shop).map(({ms}) => ms), [86_400_000]);
        shop.document.dispatchEvent(new Event('visibilitychange'));
        assert.equal(shop.fetched.length, 1);
        for (const [target, event] of [[shop.document, 'visibilitychange'], [shop.events, 'online']]) {
            shop.now_ms += 90_000_000;
            const before = shop.fetched.length;
            shop.document.hidden = true;
            target.dispatchEvent(new Event(event));
            shop.document.hidden = false;
            assert.equal(shop.fetched.length, before, 'hidden');
            target.dispatchEvent(new Event(event));
            target.dispatchEvent(new Event(event));
            assert.equal(shop.fetched.length, before + 1, event);
            await turns(), await turns();
        }
    },
};

await checks[process.argv[2]]();

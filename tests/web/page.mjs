// node page.mjs CHECK: one check of the page's scripts, in a browser of which only what they touch is there. It ends with 0 if it holds.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import vm from 'node:vm';

// Debian 12's node has none
const CustomEvent = globalThis.CustomEvent ?? class extends Event {
    constructor(type, options) {
        super(type, options);
        this.detail = options?.detail ?? null;
    }
};

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
    find(wanted) {
        return this.children.flatMap(child => [child, ...(child.children ? child.find(wanted) : [])]).filter(wanted);
    }
}

/// What sounds: a device for each rate, which runs until it is stopped.
class Context extends Element {
    constructor({sampleRate}) {
        super('device');
        Object.assign(this, {sampleRate, state: 'running', currentTime: 0});
    }
    async suspend() { this.state = 'suspended'; }
    async resume() { this.state = 'running'; }
    async close() { this.state = 'closed'; }
}
class Node extends Element {
    connect() {}
}
/// What is there where sound.js runs. Orders to the worker are in `orders`.
function speakers(context) {
    const orders = [], worker = {};
    Object.assign(context, {
        AudioContext: Context, GainNode: Node, Links: class { close_all() {} },
        Audio: class { async play() {} pause() {} }, navigator: {sendBeacon() {}}, localStorage: {},
        URL: {createObjectURL: () => 'blob:'},
        Worker: class { constructor() { worker.it = this; } postMessage(order) { orders.push(order); } },
    });
    return {orders, say: data => worker.it.onmessage({data})};
}

/// A page of these scripts, at the time `now_ms`. What it did is in `cookies`, `timers` and `fetched`; `answers` are for fetch, in turn.
function page({hash = '', url = '', cookie = '', answers = [], scripts = ['access']}) {
    const main = new Element('main'), ids = {}, events = new EventTarget;
    const all = {now_ms: 1000 * now_s(), cookies: [], timers: [], fetched: [], main, ids};
    const document = Object.assign(new EventTarget, {
        hidden: false, createElement: name => new Element(name), querySelector: () => main,
        getElementById: id => ids[id] ??= new Element(id),
    });
    Object.defineProperty(document, 'cookie', {get: () => cookie, set: text => { all.cookies.push(text); cookie = text.split(';')[0]; }});
    const context = vm.createContext({
        document, EventTarget, Event, CustomEvent, URLSearchParams, atob, escape, console, Blob, setInterval() {},
        Date: {now: () => all.now_ms},
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
    Object.assign(all, speakers(context));
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
            {status: 200, text: old}, {status: 401}, {status: 401}, {status: 200, text: next},
            {status: 200, text: 'a'}, {status: 200, text: 'b'}]});
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
        const soon = token_of({exp: now_s() + 600});
        const shop = page({url: operator, answers: [{status: 200, text: token_of({})}, {status: 200, text: soon}]});
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
    /// A token that was refused while a song played: the song goes on where it was, once until it sounds again.
    async a_song_goes_on_with_a_new_token() {
        const answers = [0, 1, 2].map(i => ({status: 200, text: token_of({exp: now_s() + 600, jti: 't' + i})}));
        const shop = page({url: operator, scripts: ['access', 'sound'], answers});
        await turns(), await turns();
        shop.run('this.sound = new Sound("/", "")');
        const {sound} = shop.context, errors = [], show = more => shop.say({show: {song: 's', ...more}});
        sound.addEventListener('error', () => errors.push(sound.error.message));
        sound.begin('s', 0, 0);
        sound.follow('n');
        const sought = () => shop.say({sought: sound.turn});
        const plays = () => shop.orders.filter(order => order.do === 'play').map(({id, from}) => id + '@' + from);
        const refused = {state: 'failed', status: 77, why: 'the access token is not valid, or no longer'};
        sought();
        show({state: 'playing', at_ms: 61000, end_ms: 62000, length_ms: 90000});
        assert.equal(sound.paused, false);
        show(refused);
        await turns(), await turns();
        assert.deepEqual([plays(), sound.paused, errors, shop.access.shown.id, shop.fetched.length],
                         [['s@0', 's@61'], false, [], 't1', 2]);
        assert.deepEqual({...shop.orders.at(-1)}, {do: 'next', id: 'n'});
        assert.equal(shop.orders.findLast(order => order.do === 'token').id, 't1');
        sought();
        show(refused);  // the new one, too
        await turns(), await turns();
        assert.deepEqual([plays().length, sound.paused, errors.length, forms(shop).length, shop.fetched.length],
                         [2, true, 1, 0, 2]);
        sound.begin('s', 5, 0);
        sought();
        show(refused);
        sound.begin('s', 7, 0);  // the listener was faster
        await turns(), await turns();
        assert.deepEqual(plays().slice(2), ['s@5', 's@7']);
    },
    /// A song of another rate opens another device, which runs by itself.
    async pause_holds_over_a_new_device() {
        const player = page({scripts: ['access', 'sound']});
        player.run('this.sound = new Sound("/", ""); sound.begin("s", 0, 0)');
        const {sound} = player.context, first = sound.context;
        sound.pause();
        player.say({open: 48000, device: 1});
        await turns();
        assert.notEqual(sound.context, first);
        assert.deepEqual([sound.paused, first.state, sound.context.state], [true, 'closed', 'suspended']);
        await sound.play();
        assert.equal(sound.context.state, 'running');
        player.say({open: 44100, device: 2});
        await turns();
        assert.deepEqual([sound.paused, sound.context.state], [false, 'running']);
    },
    /// A browser may keep a page that was left, and show it again as it was: the button tells what is so, and the position is there.
    async a_page_that_is_left_is_paused() {
        const player = page({scripts: ['access', 'sound']});
        player.run('this.sound = new Sound("/", "")');
        const {sound} = player.context, told = [];
        for (const name of ['leave', 'pause']) sound.addEventListener(name, () => told.push(name + sound.src));
        sound.begin('s', 0, 0);
        player.say({sought: sound.turn});
        player.say({show: {song: 's', state: 'playing', at_ms: 61000, end_ms: 62000, length_ms: 90000}});
        player.events.dispatchEvent(new Event('pagehide'));
        assert.deepEqual([told, sound.paused, sound.src, sound.currentTime], [['leaves', 'pause'], true, '', 61]);
    },
    /// What is said is so.
    async what_is_not_kept_is_not_said_to_be() {
        const full = page({scripts: ['access', 'parts']});
        full.run('this.kept = kept');
        const {kept} = full.context, song = {id: 'a'}, said = () => full.ids.toast.textContent;
        kept.turn('Favourites', song);
        assert.equal(said(), 'Added to Favourites.');
        assert.ok(kept.has('Favourites', song));
        full.context.localStorage = new Proxy(full.context.localStorage, {set() { throw new Error('full'); }});
        kept.turn('Favourites', {id: 'b'});
        assert.equal(said(), 'This browser does not keep that.');
        kept.turn('Favourites', song);
        assert.equal(said(), 'This browser does not keep that.');
        assert.ok(kept.has('Favourites', song) && !kept.has('Favourites', {id: 'b'}));
        assert.equal(kept.put('Favourites'), false);
    },
};

await checks[process.argv[2]]();

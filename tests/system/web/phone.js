// A phone in a page: JsSIP with what the test wants to see written down. `phone.events` is a list of
// {what, ...}, in the order in which they happened.
'use strict';

const phone = {
  events: [],
  ua: null,
  session: null,

  tell(what, more = {}) { phone.events.push({what, ...more}); },

  start({socket, uri, password, ...more}) {
    const ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(socket)],
      uri, password,
      register_expires: 600,
      user_agent: 'page',
      ...more,
    });
    phone.ua = ua;
    ua.on('connected', () => phone.tell('connected'));
    ua.on('disconnected', e => phone.tell('disconnected', {error: Boolean(e.error)}));
    ua.on('registered', e => phone.tell('registered', {
      contact: e.response.getHeader('Contact'),
      service_route: e.response.getHeader('Service-Route') || '',
      flow_timer: e.response.getHeader('Flow-Timer') || '',
      require: e.response.getHeader('Require') || '',
      gruu: ua.contact.pub_gruu ? ua.contact.pub_gruu.toString() : '',
    }));
    ua.on('unregistered', () => phone.tell('unregistered'));
    ua.on('registrationFailed', e => phone.tell('registration failed', {
      cause: e.cause, status: e.response ? e.response.status_code : 0}));
    ua.on('newMessage', e => phone.tell(e.originator === 'remote' ? 'message came' : 'message goes', {
      text: e.request.body, from: e.request.from.uri.toString()}));
    ua.on('newRTCSession', e => phone.follow(e.session, e.originator, e.request));
    ua.start();
  },

  follow(session, originator, request) {
    phone.session = session;
    phone.tell(originator === 'remote' ? 'call comes' : 'call goes', {
      from: request.from.uri.toString(), asserted: request.getHeader('P-Asserted-Identity') || ''});
    session.on('progress', e => phone.tell('progress', {status: e.response ? e.response.status_code : 180}));
    session.on('accepted', () => phone.tell('accepted'));
    session.on('confirmed', () => phone.tell('confirmed'));
    session.on('hold', e => phone.tell('hold', {originator: e.originator}));
    session.on('ended', e => phone.tell('ended', {cause: e.cause, originator: e.originator}));
    session.on('failed', e => phone.tell('failed', {cause: e.cause, originator: e.originator,
      status: e.message && e.message.status_code ? e.message.status_code : 0}));
  },

  // No ICE server: media goes from page to page on this machine.
  media: {mediaConstraints: {audio: true, video: false}, pcConfig: {iceServers: []}},

  call(uri) { phone.ua.call(uri, phone.media); },
  answer() { phone.session.answer(phone.media); },
  hang_up() { phone.session.terminate(); },
  message(uri, text) {
    phone.ua.sendMessage(uri, text, {eventHandlers: {
      succeeded: e => phone.tell('message delivered', {status: e.response.status_code}),
      failed: e => phone.tell('message failed', {cause: e.cause, status: e.response ? e.response.status_code : 0}),
    }});
  },
  stop() { phone.ua.stop(); },  // hangs up, deregisters, closes the WebSocket
  // As a tab that is closed, or a network that is gone: no word of SIP.
  drop() { phone.ua._transport.socket._ws.close(); },

  async packets() {
    const numbers = {sent: 0, received: 0};
    if (!phone.session || !phone.session.connection) return numbers;
    (await phone.session.connection.getStats()).forEach(s => {
      if (s.type === 'outbound-rtp') numbers.sent += s.packetsSent;
      if (s.type === 'inbound-rtp') numbers.received += s.packetsReceived;
    });
    return numbers;
  },
};

"""Reads schema/*.toml into plain objects and checks that they fit together. Not here: what is written from them."""
import os
import re
import tomllib
from dataclasses import dataclass, field

PLAIN = {
    'text': 'std::string_view', 'json': 'std::string_view', 'bool': 'bool', 'present': 'bool', 'f64': 'double', 'time': 'timestamp',
    'u32': 'std::uint32_t', 'i32': 'std::int32_t', 'u64': 'std::uint64_t', 'i64': 'std::int64_t',
    'milliseconds': 'std::chrono::milliseconds', 'seconds': 'std::chrono::seconds', 'minutes': 'std::chrono::minutes',
    'days': 'std::chrono::days', 'hours': 'std::chrono::hours',
    'unix_ms': 'std::chrono::sys_time<std::chrono::milliseconds>', 'unix_s': 'std::chrono::sys_seconds',
}
IDS = {'guild', 'channel', 'user', 'role', 'message', 'emoji', 'application', 'interaction', 'command', 'webhook', 'attachment',
       'audit_log_entry', 'automod_rule', 'entitlement', 'forum_tag', 'integration', 'scheduled_event', 'sku', 'sound',
       'stage_instance', 'sticker', 'subscription'}
NAME = re.compile(r'[a-z][a-z0-9_]*$')


class mistake(Exception):
    """The schema contradicts itself."""


@dataclass
class kind:
    """A field's type: what it is made of and how it is wrapped."""
    written: str
    wrap: str       # '', '?', 'list', 'map'
    base: str       # plain, id, enum, flags or entity
    what: str       # as in `base`: a key of PLAIN, an id, an enum's or an entity's name

    @property
    def heavy(self):
        """Read only when somebody asks: objects, and lists of anything but ids."""
        return self.base == 'entity' or (self.wrap in ('list', 'map') and self.base != 'id')


@dataclass
class row:
    name: str
    type: kind
    doc: str
    key: str


@dataclass
class constants:
    name: str
    doc: str
    page: str
    flags: bool
    values: list


@dataclass
class entity:
    name: str
    doc: str
    page: str
    fields: list
    methods: list
    finish: bool
    left: str        # which of Discord's fields are left out, and why
    family: str = ''


@dataclass
class event:
    name: str
    dispatch: str
    doc: str
    page: str
    intents: list
    fields: list
    whole: list      # (accessor, entity, doc)
    also: list       # (accessor, type, expression, doc)
    needs: list
    base: str
    by_hand: str
    change: str
    raw: str
    old: str         # what of the cache old() gives: "channel", or "[emoji]" for a list
    family: str = ''


@dataclass
class family:
    name: str
    doc: str
    uses: list
    constants: list = field(default_factory=list)
    entities: list = field(default_factory=list)
    events: list = field(default_factory=list)


@dataclass
class schema:
    families: list
    dispatches: list   # (name, intents), in the order of the families
    routes: dict       # page -> {'raw': reason, 'routes': [[method, path, typed by, reason]]}

    def __post_init__(self):
        self.entities = {each.name: each for one in self.families for each in one.entities}
        self.constants = {each.name: each for one in self.families for each in one.constants}
        self.events = [each for one in self.families for each in one.events]
        self.objects = []   # what objects can do: methods.load


def parse_type(known, written, where):
    inner, wrap = written, ''
    if written.startswith('[') and written.endswith(']'):
        inner, wrap = written[1:-1], 'list'
    elif written.startswith('map[') and written.endswith(']'):
        inner, wrap = written[4:-1], 'map'
    elif written.endswith('?'):
        inner, wrap = written[:-1], '?'
    if inner in PLAIN:
        return kind(written, wrap, 'plain', inner)
    if inner.endswith('_id') and inner[:-3] in IDS:
        return kind(written, wrap, 'id', inner)
    if inner == 'permissions':
        return kind(written, wrap, 'flags', 'permission')
    if inner.startswith('flags ') and inner[6:] in known['flags']:
        return kind(written, wrap, 'flags', inner[6:])
    if inner in known['enums']:
        return kind(written, wrap, 'enum', inner)
    if inner in known['entities']:
        return kind(written, wrap, 'entity', inner)
    raise mistake(f'{where}: there is no type "{written}"')


def check_doc(text, where):
    if not text or not (text[0].isupper() or text[0] in '"@0123456789') or text[-1] != '.':
        raise mistake(f'{where}: a doc sentence begins with a capital letter and ends with a full stop')
    return text


def rows(known, written, where):
    out, names = [], set()
    for each in written:
        if len(each) not in (3, 4):
            raise mistake(f'{where}: a field is [name, type, doc] or [name, type, doc, key]: {each}')
        name, type_, doc = each[:3]
        if not NAME.match(name) or name in names:
            raise mistake(f'{where}: "{name}" is no name, or stands there twice')
        names.add(name)
        out.append(row(name, parse_type(known, type_, f'{where}.{name}'), check_doc(doc, f'{where}.{name}'), each[3] if len(each) == 4 else name))
    return out


def load(folder):
    files = []
    for name in sorted(os.listdir(folder)):
        if name.endswith('.toml'):
            with open(os.path.join(folder, name), 'rb') as file:
                try:
                    files.append(tomllib.load(file))
                except tomllib.TOMLDecodeError as why:
                    raise mistake(f'{name}: {why}') from None
    known = {'enums': set(), 'flags': set(), 'entities': set()}
    for each in files:
        known['enums'] |= set(each.get('enum', {}))
        known['flags'] |= set(each.get('flags', {}))
        known['entities'] |= set(each.get('entity', {}))
    found = {}
    for each in files:
        one = family(each['family'], check_doc(each['doc'], each['family']), each.get('uses', []))
        found[one.name] = one
        for group, is_flags in (('enum', False), ('flags', True)):
            for name, told in each.get(group, {}).items():
                one.constants.append(constants(name, check_doc(told['doc'], name), told.get('page', ''), is_flags, told['values']))
        for name, told in each.get('entity', {}).items():
            one.entities.append(entity(name, check_doc(told['doc'], name), told.get('page', ''), rows(known, told['fields'], name),
                                       told.get('methods', []), told.get('finish', False), told.get('left', ''), one.name))
        for told in each.get('event', []):
            name = told['name']
            whole = [(a, parse_type(known, t, name).what, d) for a, t, d in told.get('whole', [])]
            one.events.append(event(name, told.get('dispatch', ''), check_doc(told['doc'], name), told.get('page', ''), told.get('intents', []),
                                    rows(known, told.get('fields', []), name), whole, told.get('also', []), told.get('needs', []),
                                    told.get('base', ''), told.get('by_hand', ''), told.get('change', ''), told.get('raw', ''), told.get('old', ''), one.name))
    with open(os.path.join(folder, 'rest', 'routes.toml'), 'rb') as file:
        routes = tomllib.load(file)
    return check(arrange(found, routes))


def arrange(found, routes):
    """Families in an order in which each stands behind those that it uses."""
    order = []

    def place(name, behind):
        if name in behind:
            raise mistake(f'families use each other in a circle: {" ".join(behind)} {name}')
        if name not in found:
            raise mistake(f'there is no family "{name}"')
        if found[name] in order:
            return
        for other in found[name].uses:
            place(other, behind + [name])
        order.append(found[name])

    for name in found:
        place(name, [])
    dispatches = {}
    for one in order:
        for each in one.events:
            if each.dispatch and dispatches.setdefault(each.dispatch, each.intents) != each.intents:
                raise mistake(f'{each.name}: {each.dispatch} has other intents elsewhere')
    return schema(order, list(dispatches.items()), routes)


def check(known):
    names = set()
    for one in known.families:
        for each in one.entities:
            for told in each.fields:
                if told.type.base == 'entity' and told.type.wrap == '' and told.type.what == each.name:
                    raise mistake(f'{each.name}.{told.name}: an object cannot hold itself; write "{each.name}?"')
        for each in one.events:
            if each.name in names:
                raise mistake(f'{each.name} stands there twice')
            names.add(each.name)
            plain = {told.name for told in each.fields if not told.type.heavy}
            for need in each.needs:
                if need not in plain:
                    raise mistake(f'{each.name}: needs "{need}", which is none of its plain fields')
            if len(each.whole) + any(told.type.heavy for told in each.fields) > 2:
                raise mistake(f'{each.name}: an event has at most two parts that are read later')
    return known

package people

// rare are the characters that the lab's filter words are made of: next to
// never seen in everyday chat. None is a character of a canary, of the
// sentences below, or of the neutral words that a scenario compares with.
const rare = "" +
	"貔貅饕餮魑魅魍魉琉璃玳瑁珊瑚琵琶箜篌篆隶" +
	"鸳鸯鹧鸪鹦鹉鹭鸶鸾凰鹏鹫鹳鹑鸢鹞鹄鹈鹕麝貂貉獾獬豸猊狻" +
	"鲲鲸鳄鳌鳜鲟鲈鲥鲛鲮蛟虬螭蟒蜃蟠蝙蝠蟾蜍" +
	"珩璜琮璋珏瑾瑜瑶瑰璞璧珐琅璎珞钿钗笄" +
	"戟钺戈镞弩铠胄旌旆纛麾鼙鼎鬲簋爵觚卣瓮" +
	"椽檩枋拱藻阙榭轩庑墀" +
	"芍芷蘅芜蕙荪薜荔茱萸蕖菡萏蒹葭苤" +
	"霓霁霭霰霄霏暾曛晷晔昴觜奎娄亢氐" +
	"缥缈氤氲旖旎婵娉婷邂逅踟蹰潋滟漪葳逶迤颀皎皓" +
	"骊骐骥骓骢骝帷幄幔绫绡绛缁缟绮绶罘罡蘼藿蓠蓼茑荭莼莞莩鹗鹚鹨鸱隼鲩鲭鲳鳊鳙黛黝黼黻鼐彝罄磬埙笙篪簧缶铙钹镛铎铢锱镒"

// Syllables of made-up Latin words. The odd letters keep them away from
// English and from each other.
var (
	onsets = []string{"zv", "kz", "xu", "vr", "qa", "zh", "gw", "vl", "jx", "kv", "dz", "yx", "mz", "bv", "pf"}
	vowels = []string{"a", "e", "i", "o", "u", "ao", "ei"}
	codas  = []string{"k", "x", "z", "v", "q", "lm", "rn"}
)

var givenNames = []string{
	"anlan", "beiming", "chunyu", "dongfei", "enhui", "fanglin", "guowen", "haitao", "jiaqi", "kexin",
	"lanfen", "meilin", "ningyu", "peizhi", "qingwa", "ruolan", "shuying", "tianyi", "weimin", "xiaohe",
	"yunfei", "zhilan", "arno", "brigid", "colm", "dagny", "elske", "fenna", "gorm", "hedda",
	"idris", "jorun", "kester", "linnet", "merle", "nessa", "odile", "piers", "rowan", "sunniva",
	"tamsin", "ulrik", "verity", "wilmot", "yorick", "zelda",
}

var nameEndings = []string{
	"lu", "he", "shan", "yun", "qiao", "feng", "lan", "tea", "boat", "rain", "moss", "pine", "reed", "oak",
	"north", "south", "east", "west", "sky", "stone",
}

var smileys = []string{":)", ":-)", ";)", ":D", "^_^", "哈哈", "嗯嗯", "ok", "好的", "lol"}

var (
	zhWhen = []string{"今天", "明天", "昨天晚上", "周末", "下班以后", "早上", "中午", "刚才", "过几天", "上个月", ""}
	zhWho  = []string{"我", "我们", "妈妈", "小王", "他们一家", "我同学", "老师", "你哥哥", "公司的同事"}
	zhDoes = []string{
		"去超市买菜", "在家看电视", "坐地铁上班", "要开会", "想吃面条", "收到快递了", "带孩子去公园", "感冒了",
		"学会做饭了", "正在等公交车", "找不到钥匙", "换了新手机", "打算去旅游", "忘了带雨伞", "睡得很晚",
	}
	zhEnd = []string{"。", "，你呢？", "，回头再聊", "！", "，真不错", "，有点累", "，晚点给你打电话", ""}
)

var (
	enWho  = []string{"I", "We", "My sister", "The neighbours", "Our teacher", "Everyone here", "The kids", "My boss"}
	enDoes = []string{
		"went to the market", "will be late", "cooked noodles", "missed the bus", "bought new shoes", "watched the match",
		"fixed the bicycle", "slept too long", "lost the umbrella", "painted the kitchen", "booked the train", "found a good cafe",
	}
	enWhen = []string{"today", "yesterday", "this morning", "after work", "at the weekend", "again", "last night", "with friends"}
	enEnd  = []string{".", "!", ", how about you?", ", talk later", " :)", ""}
)

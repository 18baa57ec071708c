package scenario

import "strings"

// The built-in neutral words: kitchen, furniture, plants, weather, tools,
// sport and handicraft, in which no filter can have an interest. Words that
// have stood for something else in public (candles, umbrellas, rabbits, roses,
// walks, colours of movements) or in slang are left out. The Han words are written with characters
// that traditional and simplified writing share. Frequent and seldom words are
// listed apart; for Han that goes by the signs, see [frequent].

// neutralWords returns the neutral words of a class; seldom ones if not
// frequent.
func neutralWords(c class, frequent bool) []string {
	switch {
	case c == han && frequent:
		return strings.Fields(hanFrequent)
	case c == han:
		return strings.Fields(hanSeldom)
	case c == latin && frequent:
		return strings.Fields(latinFrequent)
	case c == latin:
		return strings.Fields(latinSeldom)
	case c == cyrillic && frequent:
		return strings.Fields(cyrillicWords)
	case c == kana && frequent:
		return strings.Fields(kanaWords)
	case c == hangul && frequent:
		return strings.Fields(hangulWords)
	case c == arabic && frequent:
		return strings.Fields(arabicWords)
	case c == symbol && frequent:
		return strings.Fields(symbolSigns)
	}
	return nil
}

const hanFrequent = `
水 山 石 木 田 土 竹 布 衣 手 杯 盆 瓶 床 窗 地 花 果 米 豆 瓜 雨 雪 泥 沙 河 池 井 泉 早 晚 大 小 高 低 冷 暖 快 慢
桌子 椅子 杯子 瓶子 盆子 勺子 筷子 盒子 袋子 被子 毯子 枕巾 毛巾 牙刷 肥皂 梳子 柜子 架子 梯子 箱子 竹席 木箱 木桶 水桶
窗台 地板 屋子 屋角 走廊 院子 石子 泥土 沙子 山坡 山谷 小路 小河 小溪 田野 河岸 池水 井水 泉水 雨水 雨衣 雨天 晴天 冬天 夏天 秋天 
早晨 早上 中午 下午 傍晚 晚上 明天 昨天 今天 星期 月底 天空 白雪 西瓜 冬瓜 南瓜 木瓜 香瓜 豆子 花生 玉米 大米 小米 稻田 白菜 菠菜 芹菜 香菜
土豆 山芋 竹子 松木 杉木 柳枝 枝子 草地 花盆 花瓶 花布 果子 果皮 柿子 桃子 李子 杏子 梨子 石榴 牛奶 白糖 冰水 温水 早餐 午餐 晚餐
吃早餐 做早餐 洗衣服 洗杯子 木桌子 木椅子 大箱子 小盒子 花毯子 小柜子 白毛巾 新牙刷 小勺子 大水桶 小院子 小山坡 玉米田 白菜地 大冬瓜 小西瓜 柿子皮 
下雨天 大晴天 星期三 星期天 走小路 看天空 今天早上 明天下午 昨天晚上 星期三早 洗洗杯子 小河水面 木头桌子 竹子椅子 白菜豆腐 玉米面包 下午下雨 
笛 琴 杉 梳 柄 匙 碟 臼 磨 碾 犁 耙 篷 帆 桅 篱 柏 椿 桐 槐
竹笛 木琴 木梳 石磨 石臼 木匙 木碟 草席 草帽 草鞋 布鞋 布袋 布匹 竹竿 竹筏 竹林 竹笋 木柄 木匠 石匠 泥匠 瓦匠 陶土 陶器 瓷瓶 瓷盆 篱笆 犁田 耙子 水井 水渠 水瓢 水草 水仙 水泥 沙粒 沙地 石板 石灰 石英 山泉 山石 山雀 柏木 柏枝 椿芽 桐木 桐油 槐花 槐木 松子 松果 松香 杏仁 核桃
桂皮 花椒 芝麻 高粱 慈姑 芋泥 藕粉 麻布 麻袋 棉布 棉衣 棉被 羊毛 羊皮 牛皮 牛角 鹿角 画笔 毛笔 墨水 印泥 火柴 帆布 帆船 船篷 船板 桅杆 舟子 秋千 跳棋 象棋 木偶 口琴 木梯 木瓢 木勺 竹勺 竹片 皮鞋 皮箱 毛衣 毛毯 毛皮
竹笛子 木琴板 石磨盆 木匠活 瓷花瓶 麻布袋 棉布衣 羊毛毯 牛皮箱 帆布袋 核桃仁 槐花水 松果皮 花椒粒 芝麻粒 高粱米 跳棋子 木偶手 口琴手 秋千架 篱笆角 竹筏子 水仙盆 石灰水 陶土盆 毛笔架 印泥盒 火柴盒
高粱米粒 核桃木板 槐木桌子 松木地板 棉布毯子 羊毛背心 牛皮布鞋 帆布背包 陶土花盆 毛笔架子 跳棋盒子 口琴盒子 篱笆小院 水渠石板 石磨豆子 竹筏小河
`

const hanSeldom = `
柚 榻 簸 杵 榛 榕 槭 榫 檐 槌 杓 甑 簪 笸 篦 氅 笠 屐 獐 藜 荇 芡 荸 蕨
木杵 竹榻 簸箕 山楂 榛子 柚皮 柚木 茴香 毽子 竹匾 橘子 柚子 枇杷 蜻蜓 蝌蚪 蟋蟀 琥珀 翡翠 芙蓉 菖蒲 咖喱 枸杞 薏米 麋鹿 螳螂 蚱蜢 蜈蚣 蚯蚓 苜蓿 茼蒿 楠木 梓木 芫荽 豆蔻 蓓蕾 箬竹 榫卯 棒槌 筲箕 笤帚 篦子 斗笠 木屐 麂皮 浣熊 荇菜 芡米 蕨菜 芋艿
山楂片 大柚子 橘子皮 枇杷果 枇杷膏 枇杷花 蜻蜓尾 蝌蚪尾 芙蓉花 咖喱粉 薏米粥 薏米水 麋鹿角 楠木桌 楠木床 楠木箱 梓木板 豆蔻粉 笤帚把 斗笠架 木屐底
山楂果皮 咖喱牛肉 楠木桌子 楠木椅子 翡翠白菜 咖喱土豆 薏米豆子 蓑衣斗笠 枇杷果皮 木屐底子
`

const latinFrequent = `
a i on we in at so by up my it no to go do
cup box day bed jar lid mat pan rug tap tin tub wax wet dry hat net oak bag pen map sky sun
bowl cake chair coat cook corn dish door down desk easy fork lamp leaf long milk moon oven pear plum pool rain road roof room salt sand seed shoe shop snow soap soup spoon table
basin beans berry bench bread brick broom brush carrot chalk cloth clock cloud cream dough dress drink floor flour fruit glass grape grass green honey house juice lemon lunch maple melon mixer mouse olive onion paint paper pasta peach phone piano pizza plant plate
apron basket blanket bottle bucket butter button candy carpet cheese cherry closet coffee cooker cotton cousin cushion dinner drawer evening family flower forest garden grocery jacket kettle kitchen ladder laundry library lettuce machine mirror monday morning mustard napkin needle noodle number pantry pencil pepper picnic pillow pocket potato pumpkin puzzle recipe ribbon saucer scarf season shelf shirt shower silver sister spinach stairs street string summer sunday sweater teacup teapot ticket timber toaster tomato towel tuesday turnip vanilla village walnut water weather weekend window winter wooden yoghurt
afternoon bookshelf breakfast cardboard cucumber furniture gardening raspberry saturday schoolbag september snowflake spaghetti staircase tableware telephone thursday tomorrow toothpick vegetable wednesday yesterday
bathroom birthday blueberry cupboard doorbell homework hairbrush lemonade lunchbox notebook painting pancakes raincoat sandwich scissors shoelace sunshine teaspoon toothbrush
strawberry toothpaste watermelon blackboard basketball bookkeeper cinnamon tablecloth dishwasher volleyball
`

const latinSeldom = `
awl bap cob cog cot dib elm fen fir fob hod hub jib keg kip lathe nib nub oat peg rye tun urn yam
adze bale bole brad brim burr byre cask clew cork crag daub dhow dram dory fife flax frond gimp hasp husk inch joist kelp kiln knot lath loam loom lute marl mica moss mull nook oboe pail peat pith plait quilt reed rind rung sash shim silt skep slat spar tarn teak tine twig veld weft whey wisp yoke
alder anvil aspen auger banjo basil beech birch bobbin braid cedar cello chive chisel cider clove copse crate cumin dowel easel fennel ferry flute frieze gable girth gravel hazel heath hinge inlet ladle larch latch ledge linen lodge lupin mallet mason mulch nutmeg ochre otter paddle pewter plank plumb poplar prawn quill quince radish rafter reeds rivet rowan saddle sieve shale skein slate spade spool stool thyme tiller topaz trellis trowel twine umber visor wicker willow wrench yarrow zinnia
almanac bassoon bellows biscuit bramble brocade caraway cardigan casserole chicory clarinet coaster colander conifer corduroy crochet damson dovetail driftwood eiderdown embroider felting fiddle foothill fretwork gingham gooseberry gosling granite hacksaw hammock harvest haystack hillside hornbeam isobar ivywort jonquil juniper knitting lacquer lantern lattice limewash linseed mandolin marigold marquetry meadow midden millpond millstone muslin nasturtium oatmeal orchard parsnip patchwork pebble pergola periwinkle pinewood plywood porridge pottery primrose quarry rhubarb sawdust scallop seedling shortcrust shrubbery skylark snowdrop spindle splice sycamore tamarind tapestry tarragon teasel thimble thistle treacle trombone turmeric turpentine upholstery veneer viola walkway weaving wetland whetstone woodwork xylophone
`

const cyrillicWords = `
и в на по до за мы он дом лес сад сыр сок чай нос лук мёд ложка вилка чашка миска лампа книга ручка парта доска окно дверь стол стул пол вода снег дождь лето зима осень утро вечер хлеб каша суп груша слива вишня малина яблоко морковь капуста огурец чайник тарелка кастрюля полотенце занавеска воскресенье
`

const kanaWords = `
き は て め いす かさ はし さら なべ やま かわ うみ そら あめ ゆき くも はな くさ つくえ まくら たまご りんご みかん すいか はさみ えんぴつ てぶくろ くつした カップ コップ スプーン フォーク テーブル ドア ペン ノート バケツ タオル ボタン セーター マフラー カーテン
`

const hangulWords = `
물 산 꽃 비 눈 컵 빵 책상 의자 접시 수건 창문 하늘 구름 나무 바람 아침 저녁 여름 겨울 가을 감자 당근 오이 양말 장갑 연필 공책 숟가락 젓가락 냄비 주전자 바구니 도시락 목도리 손수건 운동화 자전거 
`

const arabicWords = `
ماء بيت باب كوب ورق قلم شاي خبز تفاح كتاب كرسي صحن ملعقة طاولة نافذة سرير وسادة صباح مساء مطر ثلج زهرة شجرة حديقة مطبخ منشفة مصباح ستارة صندوق برتقال بطيخ
`

const symbolSigns = `☕ ⚽ ⛵ ✂ ✏ ☎ ⏰ ⌚ 🏀 🎾 🎈 🎹 🎸 🥄 🍴 🧦 🧤 🧩 🪑 🛏 🧺 🧵 🌲 🌳 🍋 🍐 🥕 🌽 🥒 🍇`

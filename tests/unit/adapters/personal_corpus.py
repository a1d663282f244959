"""Values that are personal data and values that are not, as people and shops write them: one list for every test of detection."""

from __future__ import annotations


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.strip("\n").split("\n"))


PHONES = _lines("""
090-1234-5678
０９０ー１２３４ー５６７８
０９０－１２３４－５６７８
090–1234–5678
090‐1234‐5678
090−1234−5678
090—1234—5678
０９０ｰ１２３４ｰ５６７８
090 1234 5678
０９０　１２３４　５６７８
090.1234.5678
090(1234)5678
03-1234-5678
（０３）１２３４－５６７８
(03)1234-5678
03(1234)5678
+81 90 1234 5678
+819012345678
81-90-1234-5678
0081-90-1234-5678
(555) 123-4567
+44 20 7946 0958
tel-090-1234-5678
TEL:06-6123-4567まで
090\u200b-1234-5678
""")

EMAILS = _lines("""
taro@example.com
ｔａｒｏ＠ｅｘａｍｐｌｅ．ｃｏｍ
Taro.Yamada+shop@mail.example.co.jp
連絡先はtaro@example.comです
""")

NAMES = _lines("""
田中太郎
田中 太郎
山田　花子
佐藤 健
ﾔﾏﾀﾞ ﾀﾛｳ
ヤマダ ハナコ
やまだ はなこ
山田 たろう
田中様
鈴木一郎様
佐々木 様
Taro Yamada
YAMADA Taro
Yamada, Taro
Ｔａｒｏ　Ｙａｍａｄａ
高橋健太郎
""")

ADDRESSES = _lines("""
東京都渋谷区神宮前1-2-3
東京都渋谷区神宮前１ー２ー３
東京都渋谷区 神宮前 1-2-3 コーポ101
大阪市北区梅田1丁目2番3号
〒150-0001
〒１５０－０００１
京都府京都市中京区寺町通二条下る榎木町100番地
渋谷区神宮前一丁目二番三号
1-2-3 Jingumae, Shibuya-ku, Tokyo
1600 Pennsylvania Avenue NW, Washington, DC 20500
""")

NOBODY = _lines("""
2024-01-02
2024/01/02 03:04:05
2024-01-02T03:04:05+09:00
20240102030405
1234567890
0000012345
4901234567894
12,000円
-1,500.50
246880-20241101-0001
249-1234567-1234567
R000000001-23
550e8400-e29b-41d4-a716-446655440000
GA1.2.1234567890.1700000000
0120-123-456
ISBN 978-4-06-123456-7
A-1-2-3
1-2-3
10-2
3-4人用
第2回 1-3月
a0312345678b
9f0901234567812e
東京都
Osaka
東京
千葉 市川
山口
山口県
大阪府大阪市
東大和
渋谷区
石川 県産
札幌市 2024-01-02
新宿 西口
福島 米子
田中屋の羊羹
Tanaka Coffee
山本山 海苔
中村 屋
サトウ 食品
ハヤシ ライス
森永
伊藤園
三宅 一生
永谷園
Yamamoto Kansai Tea
神様
王様のチョコ
お客様
皆様
関東様式
北海道産じゃがいも 10-20個
三丁目の夕日
新潟県魚沼市産コシヒカリ5-10kg
りんご@1.5kg
@cosme
JUMBO BAG RED RETROSPOT
12 PENCILS SMALL TUBE
12 OZ LN BT
VIP
ゴールド会員
メルマガ
google / cpc
iPhone 15 Pro
+500 points
""")
